import json

from notifier.chalicelib.memory import Notice
from notifier.chalicelib.publish import publishing
from tests.notifier.fakes import ANA, TO_A_TOPIC


def test_a_person_is_told_straight_at_their_number() -> None:
    notice = Notice(entry="e1.0", recipient="ana", address=ANA.phone, text="CI broke")
    assert publishing(notice) == {
        "PhoneNumber": ANA.phone,
        "Message": "CI broke",
        "MessageAttributes": {
            "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"},
            "AWS.SNS.SMS.MaxPrice": {"DataType": "Number", "StringValue": "0.5"},
        },
    }


def test_a_topic_is_told_once_with_a_text_for_each_protocol() -> None:
    parameters = publishing(TO_A_TOPIC)
    texts = json.loads(parameters.pop("Message"))
    assert parameters == {
        "TopicArn": TO_A_TOPIC.address,
        "Subject": TO_A_TOPIC.subject,
        "MessageStructure": "json",
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value}
            for name, value in TO_A_TOPIC.attributes
        },
    }
    assert (texts["default"], texts["sms"], texts["email"]) == (
        "CI broke",
        "CI broke",
        TO_A_TOPIC.mail,
    )
    assert json.loads(texts["sqs"]) == {"text": "CI broke", **dict(TO_A_TOPIC.attributes)}
    assert texts["lambda"] == texts["sqs"]
