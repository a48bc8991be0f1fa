"""What the notifier's tests share: hypothesis without a clock, and the notifier's resources."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from localcloud import emulator as ministack
from localcloud.emulator import Emulator
from localcloud.provision import provision
from notifier.chalicelib.settings import settings_in
from platform_deploy import apps
from tests.notifier.clients import client
from tests.notifier.fakes import secret_of
from tests.notifier.guarded import allow, make_role, root

REPOSITORY = Path(__file__).resolve().parents[2]

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


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulated AWS that enforces IAM, with the notifier's resources, roles and secret."""
    log = tmp_path_factory.mktemp("ministack") / "ministack.log"
    with ministack.start(log=log, auth=True) as emulator:
        app = apps.read(REPOSITORY / "notifier" / "resources.yml", stage="dev")
        provision(app, emulator.endpoint)
        for function in app.functions:
            policy = REPOSITORY / ".chalice" / f"notifier-{function.name}-dev.json"
            make_role(emulator, function.name)
            allow(emulator, function.name, policy.read_text())
        root(emulator.endpoint, "ssm").put_parameter(
            Name="/trivet/notifier/dev/github-secret",
            Value=secret_of("github"),
            Type="SecureString",
        )
        root(emulator.endpoint, "secretsmanager").create_secret(
            Name="trivet/notifier/dev/github-secret", SecretString=secret_of("github")
        )
        yield emulator
