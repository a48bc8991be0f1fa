"""Examine once a day, and write one line about it in the log.

What is not well also goes by e-mail, to the topic that the rules' budget names; without a budget
it is in the log alone. Whom no SMS reaches is remembered, so that another is told instead.
"""

import logging
import time
from datetime import UTC, datetime

from . import aws, log, wiring
from .doctor import PROBLEM, Finding, examine, unreachable
from .errors import NotifierError
from .gsm import SEPTETS, tidy, to_gsm
from .memory import Notice
from .rules import Rules


def serve_day() -> None:
    """Look at everything; raises NotifierError, after which Lambda tries again."""
    start = time.perf_counter()
    result, why = "failed", ""
    try:
        now, rules = datetime.now(UTC), wiring.rules()
        findings = tuple(examine(rules, wiring.settings(), connect=aws.client, now=now))
        wiring.table().remember(unreachable(findings, rules), now)
        problems = tuple(finding for finding in findings if finding.state == PROBLEM)
        result = "problems" if problems else "ok"
        why = "; ".join(f"{problem.what}: {problem.text}" for problem in problems)
        notice = notice_of(problems, rules) if problems else None
        if notice:
            wiring.sns().send(notice)
    except NotifierError as error:
        why = "; ".join(text for text in (str(error), why) if text)
        _write(result="failed", why=why, start=start)
        raise
    _write(result=result, why=why, start=start)


def notice_of(problems: tuple[Finding, ...], rules: Rules) -> Notice | None:
    """Write the e-mail about what is not well; None where the rules name no topic for e-mail."""
    if rules.budget is None:
        return None
    topic = next(topic for topic in rules.topics if topic.key == rules.budget.mail)
    said = f"Trivet doctor: {len(problems)} {'problem' if len(problems) == 1 else 'problems'}"
    named = ", ".join(problem.what for problem in problems)
    return Notice(
        entry="doctor",
        recipient=topic.key,
        address=topic.arn,
        text=to_gsm(tidy(f"{said}: {named}"))[: SEPTETS // 2],
        subject=said,
        mail="\n".join(f"{problem.what}: {problem.text}" for problem in problems),
        attributes=(("kind", "doctor"),),
    )


def _write(*, result: str, why: str, start: float) -> None:
    line = log.Line(
        what="doctor", result=result, why=why, milliseconds=(time.perf_counter() - start) * 1000
    )
    log.write(line, level=logging.INFO if result == "ok" else logging.ERROR)
