"""`python -m notifier doctor`: what the doctor finds, for a person or a program to read."""

import argparse
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from urllib.parse import urlsplit

from localcloud import gaps
from notifier.chalicelib import aws
from notifier.chalicelib.doctor import PROBLEM, examine
from notifier.chalicelib.settings import Settings, load_dotenv, settings_in
from notifier.chalicelib.wiring import rules_at

from . import Answer

ABOUT = """\
Look for what keeps messages from arriving: SNS's sandbox, numbers that opted out,
mailboxes that were not confirmed, messages that could not be sent, money.

It reads with your AWS credentials, and changes and sends nothing.
Exit codes: 0 all is well; 1 something is not; 2 the rules have problems.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="look for what keeps messages from arriving",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Answer:
    """Look at everything; raises BadRules."""
    load_dotenv(os.environ)
    settings = _here(settings_in(os.environ))
    rules = rules_at(settings.rules)
    now = datetime.now(UTC)
    findings = list(examine(rules, settings, connect=aws.client, now=now))
    code = 1 if any(finding.state == PROBLEM for finding in findings) else 0
    if options.json:
        return Answer(text=json.dumps([asdict(it) for it in findings], indent=2), code=code)
    width = max(len(finding.state) for finding in findings)
    lines = (f"{it.state:<{width}}  {it.what}: {it.text}" for it in findings)
    return Answer(text="\n".join(lines), code=code)


def _here(settings: Settings) -> Settings:
    """Add what the emulator lacks, where AWS is one on this machine."""
    host = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname
    if host not in ("127.0.0.1", "localhost"):
        return settings
    return settings._replace(not_emulated=frozenset(gaps.named().split()))
