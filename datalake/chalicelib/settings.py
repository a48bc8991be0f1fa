"""Read the environment into `Settings`, or say everything that is wrong with it.

Pure but for its name: the environment is handed in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import BadSettings

LAMBDA_ROOT = "/mnt/lake"
DEFAULT_RIGHTS = "rights.yml"
DEFAULT_KEEP_DAYS = 30
MAX_KEEP_DAYS = 36_500
MIN_KEY_CHARACTERS = 32
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Whose tokens count, and where the keys lie that prove them."""

    issuer: str
    client_id: str
    jwks_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process serves: `root` is the lake's folder, `rights` the file of who may what.

    The scheduled sweep keeps a replaced or deleted version for `keep_days`.
    The first of `link_keys` signs links, all verify; without one there are none. Scripts of
    `origins` may read answers.

    `sign_in` is None on Lambda, where API Gateway verifies, and where the lake is open.
    """

    root: str
    on_lambda: bool
    is_open: bool
    sign_in: SignIn | None
    rights: str = DEFAULT_RIGHTS
    keep_days: int = DEFAULT_KEEP_DAYS
    link_keys: tuple[str, ...] = field(default=(), repr=False)
    origins: tuple[str, ...] = ()


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Return the settings; raises BadSettings with all problems at once."""
    problems: list[str] = []
    on_lambda = is_lambda(environment)
    is_open = _is_open(environment, problems, on_lambda=on_lambda)
    root = environment.get("DATALAKE_ROOT") or (LAMBDA_ROOT if on_lambda else "")
    if not root:
        problems.append("set DATALAKE_ROOT to the folder that holds the data sets")
    elif not root.startswith("/"):  # servers change the working directory
        problems.append(f"DATALAKE_ROOT is an absolute path, not {root!r}")
    sign_in = None if on_lambda or is_open else _sign_in(environment, problems)
    keep_days = _keep_days(environment, problems)
    link_keys = tuple(environment.get("DATALAKE_LINK_KEY", "").split())
    if any(len(key) < MIN_KEY_CHARACTERS for key in link_keys):
        problems.append(f"DATALAKE_LINK_KEY: a key has at least {MIN_KEY_CHARACTERS} characters")
    origins = _origins(environment, problems)
    if problems:
        raise BadSettings(tuple(problems))
    return Settings(
        root=root,
        on_lambda=on_lambda,
        is_open=is_open,
        sign_in=sign_in,
        rights=rights_in(environment),
        keep_days=keep_days,
        link_keys=link_keys,
        origins=origins,
    )


def rights_in(environment: Mapping[str, str]) -> str:
    """Return the rights file: an absolute path, or a name beside our modules."""
    return environment.get("DATALAKE_RIGHTS") or DEFAULT_RIGHTS


def is_lambda(environment: Mapping[str, str]) -> bool:
    """Tell whether this process is a Lambda function."""
    return bool(environment.get("AWS_LAMBDA_FUNCTION_NAME"))


def is_chalice_local(environment: Mapping[str, str], arguments: Sequence[str]) -> bool:
    """Tell whether `chalice local` imports us."""
    return "AWS_CHALICE_CLI_MODE" in environment and "local" in arguments


def must_serve(environment: Mapping[str, str], arguments: Sequence[str]) -> bool:
    """Tell whether this import is to answer requests: all but `chalice package`, `deploy`, …."""
    return "AWS_CHALICE_CLI_MODE" not in environment or is_chalice_local(environment, arguments)


def _keep_days(environment: Mapping[str, str], problems: list[str]) -> int:
    value = environment.get("DATALAKE_KEEP_DAYS") or str(DEFAULT_KEEP_DAYS)
    days = int(value) if re.fullmatch("[0-9]{1,5}", value) else 0
    if not 1 <= days <= MAX_KEEP_DAYS:
        problems.append(f"DATALAKE_KEEP_DAYS is a whole number from 1 to {MAX_KEEP_DAYS}")
    return days


def _origins(environment: Mapping[str, str], problems: list[str]) -> tuple[str, ...]:
    origins = tuple(environment.get("DATALAKE_ORIGINS", "").split())
    problems += [
        f"DATALAKE_ORIGINS: {origin!r} is no origin like https://app.example.com (http only on"
        " loopback), nor is it * alone"
        for origin in origins
        if origins != ("*",) and not (_ORIGIN.fullmatch(origin) and _is_safe(origin))
    ]
    return origins


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _is_open(environment: Mapping[str, str], problems: list[str], *, on_lambda: bool) -> bool:
    value = environment.get("DATALAKE_OPEN", "")
    if value not in ("", "0", "1"):
        problems.append("DATALAKE_OPEN is 1 or unset")
    if value == "1" and on_lambda:
        problems.append("DATALAKE_OPEN=1 is refused on Lambda: unset it")
    return value == "1"


def _sign_in(environment: Mapping[str, str], problems: list[str]) -> SignIn | None:
    names = ("DATALAKE_ISSUER", "DATALAKE_CLIENT_ID", "DATALAKE_JWKS_URL")
    missing = [name for name in names if not environment.get(name)]
    if missing:
        problems.append(
            f"set {', '.join(missing)} to verify tokens,"
            " or DATALAKE_OPEN=1 to let everybody in on this machine"
        )
        return None
    issuer, client_id, jwks_url = (environment[name] for name in names)
    if not _is_safe(jwks_url):
        problems.append("DATALAKE_JWKS_URL is an https address (http only on loopback)")
    return SignIn(issuer=issuer, client_id=client_id, jwks_url=jwks_url)
