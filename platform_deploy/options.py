"""Say which verbs and options the command line has.

It parses and does nothing; what a verb does stands in `cli`, which options there are in the table
`options`.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from . import flow, up
from .schema import FORMS
from .tables import table

FORMATS = ("text", "json")


def _matching(form: str, what: str, text: str) -> str:
    if not FORMS[form].pattern.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return text


def _kept(text: str) -> frozenset[str]:
    found = frozenset(text.split(","))
    if found - set(flow.KEEPS):
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(flow.KEEPS)}")
    return found


CHOICES: Mapping[str, tuple[str, ...]] = {
    "defaults": ("trivet", "copilot"),
    "formats": FORMATS,
    "plan formats": (*FORMATS, "markdown", "diff"),
    "roads": up.ROADS,
    "rules": flow.RULES,
    "rules of destroy": (flow.LEASE,),
}
TYPES: Mapping[str, Callable[[str], object]] = {
    "account": partial(_matching, "account", "an account's 12 digits"),
    "kept": _kept,
    "path": Path,
    "region": partial(_matching, "region", "a region's name"),
}
VERBS: Mapping[str, str] = table("options")["verbs"]  # and what each is for
DEFAULTS = {"--apps": Path(__file__).resolve().parent.parent, "--keep": frozenset[str]()}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    said = table("options")
    root = argparse.ArgumentParser(
        prog="platform_deploy",
        description="Run a Copilot project on AWS Fargate, without CloudFormation.",
        epilog=said["epilog"],
    )
    root.add_argument(
        "-C",
        dest="directory",
        metavar="PROJECT_DIRECTORY",
        type=Path,
        default=Path(),
        help="the directory that holds copilot/ (default: here)",
    )
    listed = root.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, text in VERBS.items():
        about = f"{text[0].upper()}{text[1:]}."
        verb = listed.add_parser(name, help=text, description=about, epilog=said["epilog"])
        for row in said["option"]:
            if name in row["of"] if "of" in row else name not in row["not_of"]:
                verb.add_argument(row["flag"], **dict(_settings(row)))
    return root


def _settings(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what argparse is told of an option."""
    if row["flag"] in DEFAULTS:
        yield "default", DEFAULTS[row["flag"]]
    for key, value in row.items():
        if key == "choices":
            yield key, CHOICES[value]
        elif key == "type":
            yield key, TYPES[value]
        elif key == "help":
            yield key, value.format(keeps=", ".join(flow.KEEPS))
        elif key not in ("flag", "of", "not_of"):
            yield key, value
