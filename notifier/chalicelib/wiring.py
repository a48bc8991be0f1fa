"""Build the real collaborators, once per process and at their first use.

A cold start pays for what its request needs and for nothing else: that is why AWS and the rooms
behind the queue are imported inside functions.
"""

import os
import sys
import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from .errors import NoSecret
from .forges import forge_names
from .secrets import Secrets
from .settings import Settings, is_packaging, load_dotenv, secret_variable, settings_in

if TYPE_CHECKING:
    from .aws import Queue
    from .page import Pages
    from .rules import Rules
    from .sns import Sns
    from .table import Table

RULES_AGE = 300.0  # seconds; rules that were changed in a parameter are known after that
_PARAMETER = "ssm:"


@cache
def settings() -> Settings:
    """Return this process's settings."""
    load_dotenv(os.environ)
    return settings_in(os.environ)


def require_a_secret() -> None:
    """Raise NoSecret where a server starts that could verify nothing.

    Packaging needs no secret; on Lambda SSM is asked, at the first delivery.
    """
    if settings().on_lambda or is_packaging(os.environ, sys.argv):
        return
    variables = tuple(secret_variable(forge) for forge in forge_names())
    if not any(secret_variable(forge) in variables for forge, _ in settings().secrets):
        where = "one of them, in the environment or in .env (as in .env.example),"
        raise NoSecret("notifier", places=(f"{', '.join(variables)}: {where}",))


@cache
def secrets() -> Secrets:
    """Return the forges' live secrets."""
    if not settings().on_lambda:
        return Secrets(settings(), fetch=None, clock=time.monotonic)
    from .aws import parameter, secret

    fetch = secret if settings().secrets_manager else parameter
    return Secrets(settings(), fetch=fetch, clock=time.monotonic)


@cache
def queue() -> "Queue":
    """Return the queue of accepted events."""
    from .aws import Queue

    return Queue(settings().queue)


@cache
def dead_letters() -> "Queue":
    """Return the queue of events that could not be dispatched."""
    from .aws import Queue

    return Queue(f"{settings().queue}-dead")


@cache
def table() -> "Table":
    """Return the ledger."""
    from .table import Table

    return Table(settings().table)


def sns() -> "Sns":
    """Return the way to phones and topics."""
    from .sns import Sns

    budget = rules().budget
    return Sns(max_price=budget.max_price) if budget else Sns()


@cache
def pages() -> "Pages | None":
    """Return where pages are; None without a public address."""
    from secrets import choice

    from .page import ALPHABET, ID_LENGTH, Pages

    base = settings().public_url.rstrip("/")
    if not base:
        return None
    return Pages(base=base, new_id=lambda: "".join(choice(ALPHABET) for _ in range(ID_LENGTH)))


def rules() -> "Rules":
    """Return the rules; those of a parameter may change while the process lives."""
    place = settings().rules
    period = time.monotonic() // RULES_AGE if place.startswith(_PARAMETER) else 0
    return _rules(place, period)


@lru_cache(maxsize=1)
def _rules(place: str, _period: float) -> "Rules":
    return rules_at(place)


def rules_at(place: str) -> "Rules":
    """Read rules from a file or, as `ssm:NAME`, from a parameter; raises BadRules, AwsFailed."""
    from .rules_file import load_rules, read_rules

    if not place.startswith(_PARAMETER):
        return load_rules(place)
    from .aws import parameter  # what is in a file needs no AWS

    return read_rules(parameter(place.removeprefix(_PARAMETER)), file=place)
