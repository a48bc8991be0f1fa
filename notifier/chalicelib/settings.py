"""Read the notifier's settings out of environment variables.

It calls nothing and opens no file but `.env`; docs/notifier.md lists the variables.
"""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_HERE = os.path.dirname(os.path.abspath(__file__))
_PREFIX, _SUFFIX = "NOTIFIER_", "_SECRET"


class Settings(NamedTuple):
    """What the notifier was told; `secrets` are (forge, its live secrets) of the environment.

    `parameters` is where the others are in SSM; if `secrets_manager` is not empty, they are there.
    `not_emulated` are the actions that an emulated AWS does not have, such as sns:GetSMSAttributes.
    """

    queue: str
    table: str
    alarms: str
    rules: str
    parameters: str
    secrets_manager: str
    public_url: str
    not_emulated: frozenset[str]
    secrets: tuple[tuple[str, tuple[str, ...]], ...]
    on_lambda: bool


def settings_in(environment: Mapping[str, str]) -> Settings:
    """Read the settings; an empty variable counts as absent."""
    return Settings(
        queue=environment.get("NOTIFIER_QUEUE") or "trivet-notifier-dev-events",
        table=environment.get("NOTIFIER_TABLE") or "trivet-notifier-dev-memory",
        alarms=environment.get("NOTIFIER_ALARMS") or "trivet-notifier-dev-alarms",
        rules=environment.get("NOTIFIER_RULES") or os.path.join(_HERE, "rules.yml"),
        parameters=environment.get("NOTIFIER_PARAMETERS") or "/trivet/notifier/dev/",
        secrets_manager=environment.get("NOTIFIER_SECRETS") or "",
        public_url=environment.get("NOTIFIER_PUBLIC_URL") or "",
        not_emulated=frozenset(environment.get("NOTIFIER_NOT_EMULATED", "").split()),
        secrets=tuple(
            (name[len(_PREFIX) : -len(_SUFFIX)].lower(), tuple(value.split()))
            for name, value in environment.items()
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX) and value.split()
        ),
        on_lambda="AWS_LAMBDA_FUNCTION_NAME" in environment,
    )


def secret_variable(forge: str) -> str:
    """Name the variable with a forge's secrets."""
    return f"{_PREFIX}{forge.upper()}{_SUFFIX}"


def is_packaging(environment: Mapping[str, str], arguments: Sequence[str]) -> bool:
    """Tell whether Chalice imports the app to package or deploy it, not to serve it.

    Chalice sets the variable for each of its commands; of these only `local` serves.
    """
    return "AWS_CHALICE_CLI_MODE" in environment and "local" not in arguments


def load_dotenv(environment: Mapping[str, str]) -> None:
    """Add what `.env` says and the environment does not; never on Lambda."""
    root = os.path.dirname(os.path.dirname(_HERE))
    path = environment.get("TRIVET_DOTENV") or os.path.join(os.path.dirname(root), ".env")
    if "AWS_LAMBDA_FUNCTION_NAME" in environment or not os.path.isfile(path):
        return
    try:
        import dotenv  # a tool of development: not in the zip
    except ImportError:
        return
    dotenv.load_dotenv(path, override=False)
