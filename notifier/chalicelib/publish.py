"""Make the parameters of SNS's Publish: to a phone number, or to a topic.

Pure; `aws` makes the call.
Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import json
from typing import Any

from .memory import Notice
from .money import DEFAULT_MAX_PRICE, dollars

Parameters = dict[str, Any]


def publishing(notice: Notice, max_price: int = DEFAULT_MAX_PRICE) -> Parameters:
    """Return the parameters that send a notice; an SMS that costs more than the price is not."""
    return _to_phone(notice, max_price) if notice.is_sms else _to_topic(notice)


def _to_phone(notice: Notice, max_price: int) -> Parameters:
    attributes = {
        "AWS.SNS.SMS.SMSType": _text("Transactional"),  # SNS's higher priority
        "AWS.SNS.SMS.MaxPrice": {"DataType": "Number", "StringValue": dollars(max_price)},
    }
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
