"""Bring up the emulated AWS with the two apps beside it, and take all of it down again."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platform_deploy import apps

from . import emulator as ministack
from . import host
from .emulator import Emulator
from .host import Host
from .provision import SignIn, provision

ROOT = Path(__file__).resolve().parent.parent
STAGE = "dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """What runs: the emulator, one host an app, and what a client of them must know.

    `secret` is the webhook's; `lake` the folder that plays the mounted file system.
    """

    emulator: Emulator
    notifier: Host
    datalake: Host
    sign_in: SignIn
    secret: str
    lake: Path


@contextmanager
def running(
    folder: Path, *, secret: str | None = None, rules: Path, docker_host: str | None = None
) -> Iterator[Cloud]:
    """Run the local cloud for the length of a `with` block.

    `folder` takes the lake and the logs; `rules` are the notifier's. Raises LocalCloudError.
    """
    secret = secret or secrets.token_hex(16)
    lake = folder / "lake"
    lake.mkdir(parents=True, exist_ok=True)
    with ministack.start(log=folder / "ministack.log", docker_host=docker_host) as emulator:
        for name in ("notifier", "datalake"):
            made = provision(
                apps.read(ROOT / name / "resources.yml", stage=STAGE), emulator.endpoint
            )
        sign_in = made["users"]
        with (
            host.start(
                ROOT / "notifier",
                environment=emulator.environment()
                | {"NOTIFIER_GITHUB_SECRET": secret, "NOTIFIER_RULES": str(rules)},
                log=folder / "notifier.log",
            ) as notifier,
            host.start(
                ROOT / "datalake",
                environment=emulator.environment() | _datalake(sign_in, lake),
                log=folder / "datalake.log",
            ) as datalake,
        ):
            yield Cloud(
                emulator=emulator,
                notifier=notifier,
                datalake=datalake,
                sign_in=sign_in,
                secret=secret,
                lake=lake,
            )


def _datalake(sign_in: SignIn, lake: Path) -> dict[str, str]:
    return {
        "DATALAKE_ROOT": str(lake),
        "DATALAKE_ISSUER": sign_in.issuer,
        "DATALAKE_CLIENT_ID": sign_in.client_id,
        "DATALAKE_JWKS_URL": sign_in.jwks_url,
    }
