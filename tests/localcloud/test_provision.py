import json
from pathlib import Path

import jwt

from localcloud.emulator import REGION, Emulator
from localcloud.provision import client, id_token, provision
from platform_deploy import apps

ROOT = Path(__file__).resolve().parents[2]


def test_the_notifier_gets_its_queue_with_dead_letters_and_its_table(emulator: Emulator) -> None:
    app = apps.read(ROOT / "notifier" / "resources.yml", stage="dev")
    assert provision(app, emulator.endpoint) == {}
    sqs = client(emulator.endpoint, "sqs")
    url = sqs.get_queue_url(QueueName="trivet-notifier-dev-events")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(found["RedrivePolicy"])
    assert found["VisibilityTimeout"] == "90"
    assert int(redrive["maxReceiveCount"]) == 5
    assert redrive["deadLetterTargetArn"].endswith(":trivet-notifier-dev-events-dead")
    dynamodb = client(emulator.endpoint, "dynamodb")
    name = "trivet-notifier-dev-memory"
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl["AttributeName"] == "expires_at"
    topics = client(emulator.endpoint, "sns").list_topics()["Topics"]
    assert [topic["TopicArn"].rpartition(":")[2] for topic in topics] == [
        "trivet-notifier-dev-alarms"
    ]


def test_a_person_of_the_pool_gets_a_token_that_its_own_keys_verify(emulator: Emulator) -> None:
    app = apps.read(ROOT / "datalake" / "resources.yml", stage="dev")
    sign_in = provision(app, emulator.endpoint)["users"]
    token = id_token(emulator.endpoint, sign_in, user="ana@example.com", password="Made-up-1!")
    key = jwt.PyJWKClient(sign_in.jwks_url).get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token, key, algorithms=["RS256"], audience=sign_in.client_id, issuer=sign_in.issuer
    )
    assert claims["token_use"] == "id"
    assert REGION in sign_in.issuer
