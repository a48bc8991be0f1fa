"""Bring up the emulated AWS with the two apps beside it, and take all of it down again."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from platform_deploy import apps

from . import emulator as ministack
from . import gaps, host
from .emulator import Emulator
from .engine import Engine
from .host import Host
from .names import names_kept, remove_leftovers
from .ports import LOOPBACK, free_port
from .provision import SignIn, provision

ROOT = Path(__file__).resolve().parent.parent
STAGE = "dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """What runs: the emulator, one host an app, and what a client of them must know.

    `secret` is the webhook's; `lake` the folder that plays the mounted file system; `engine` runs
    the containers of tasks, None: tasks are only rows.
    """

    emulator: Emulator
    engine: Engine | None
    notifier: Host
    datalake: Host
    sign_in: SignIn
    secret: str
    lake: Path


@contextmanager
def running(
    folder: Path,
    *,
    rules: Path,
    secret: str | None = None,
    engine: Engine | None = None,
    pages: bool = False,
) -> Iterator[Cloud]:
    """Run the local cloud for the length of a `with` block.

    `folder` takes the lake and the logs; `rules` are the notifier's, whose messages lead to pages
    of its own with `pages`, else to the forge. Raises LocalCloudError.
    """
    chosen = secret or secrets.token_hex(16)
    lake = folder / "lake"
    lake.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        emulator = stack.enter_context(_emulator(folder, engine))
        _provision("notifier", emulator)
        sign_in = _provision("datalake", emulator)["users"]
        port = free_port() if pages else None
        webhooks = {
            "NOTIFIER_GITHUB_SECRET": chosen,
            "NOTIFIER_RULES": str(rules),
            "NOTIFIER_NOT_EMULATED": gaps.named(),
            "NOTIFIER_PUBLIC_URL": f"http://{LOOPBACK}:{port}" if port else "",
        }
        yield Cloud(
            emulator=emulator,
            engine=engine,
            notifier=stack.enter_context(_host("notifier", webhooks, emulator, folder, port)),
            datalake=stack.enter_context(
                _host("datalake", _lake_settings(sign_in, lake), emulator, folder)
            ),
            sign_in=sign_in,
            secret=chosen,
            lake=lake,
        )


@contextmanager
def _emulator(folder: Path, engine: Engine | None) -> Iterator[Emulator]:
    emulator = ministack.start(
        log=folder / "ministack.log", docker_host=engine.host if engine else None
    )
    with ExitStack() as stack:
        if engine:
            stack.callback(remove_leftovers, emulator, engine)  # after the emulator has ended
        stack.enter_context(emulator)
        if engine:
            stack.enter_context(names_kept(emulator, engine))
        yield emulator


def _provision(name: str, emulator: Emulator) -> dict[str, SignIn]:
    return provision(apps.read(ROOT / name / "resources.yml", stage=STAGE), emulator.endpoint)


def _host(
    name: str,
    settings: dict[str, str],
    emulator: Emulator,
    folder: Path,
    port: int | None = None,
) -> Host:
    environment = emulator.environment() | settings
    return host.start(ROOT / name, environment=environment, port=port, log=folder / f"{name}.log")


def _lake_settings(sign_in: SignIn, lake: Path) -> dict[str, str]:
    return {
        "DATALAKE_ROOT": str(lake),
        "DATALAKE_ISSUER": sign_in.issuer,
        "DATALAKE_CLIENT_ID": sign_in.client_id,
        "DATALAKE_JWKS_URL": sign_in.jwks_url,
    }
