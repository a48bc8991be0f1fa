"""What the notifier's tests share: hypothesis without a clock, and the notifier's resources."""

import pytest
from hypothesis import HealthCheck, settings

from localcloud.emulator import Emulator
from notifier.chalicelib.settings import settings_in
from tests.notifier.clients import client

# A slow machine is no failure.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


@pytest.fixture
def cloud(emulator: Emulator) -> Emulator:
    """An emulated AWS with the notifier's queue and table in it."""
    names = settings_in({})
    client("sqs").create_queue(QueueName=names.queue)
    client("dynamodb").create_table(
        TableName=names.table,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return emulator
