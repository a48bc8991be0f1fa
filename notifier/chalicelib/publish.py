"""Make the parameters of SNS's Publish: to a phone number, or to a topic.

Pure; `aws` makes the call.
Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import json
from typing import Any

from .memory import Notice

Parameters = dict[str, Any]


def publishing(notice: Notice) -> Parameters:
    """Return the parameters that send a notice to where its address says."""
    return _to_topic(notice) if notice.address.startswith("arn:") else _to_phone(notice)


def _to_phone(notice: Notice) -> Parameters:
    attributes = {"AWS.SNS.SMS.SMSType": _text("Transactional")}  # SNS's higher priority
    return {
        "PhoneNumber": notice.address,
        "Message": notice.text,
        "MessageAttributes": attributes,
    }


def _to_topic(notice: Notice) -> Parameters:
    """One publish: a mailbox gets the long text, a phone the short one, programs the facts."""
    facts = json.dumps({"text": notice.text, **dict(notice.attributes)}, ensure_ascii=False)
    message = {
        "default": notice.text,
        "email": notice.mail,
        "sms": notice.text,
        "sqs": facts,
        "lambda": facts,
    }
    return {
        "TopicArn": notice.address,
        "Subject": notice.subject,
        "MessageStructure": "json",
        "Message": json.dumps(message, ensure_ascii=False),
        "MessageAttributes": {name: _text(text) for name, text in notice.attributes},
    }


def _text(value: str) -> Parameters:
    return {"DataType": "String", "StringValue": value}
