"""Find the rules that a verb of the command line works with."""

import os

from notifier.chalicelib.rules import Rules
from notifier.chalicelib.rules_file import load_rules, read_rules
from notifier.chalicelib.settings import load_dotenv, settings_in

PARAMETER = "ssm:"


def place_of_rules(given: str | None = None) -> str:
    """Return where the rules are: where the command line says, else the settings."""
    load_dotenv(os.environ)
    return given or settings_in(os.environ).rules


def rules_at(place: str) -> Rules:
    """Read rules from a file or, as `ssm:NAME`, from a parameter; raises BadRules, AwsFailed."""
    if not place.startswith(PARAMETER):
        return load_rules(place)
    from notifier.chalicelib.aws import parameter  # what is in a file needs no AWS

    return read_rules(parameter(place.removeprefix(PARAMETER)), file=place)
