"""The scheduled doctor: one line in the log, one e-mail, and what it leaves for dispatch."""

import json
from dataclasses import replace
from typing import Any

import pytest

from localcloud.emulator import Emulator
from notifier.chalicelib import serve_day, wiring
from notifier.chalicelib.doctor import OK, PROBLEM, Finding
from notifier.chalicelib.memory import Notice
from notifier.chalicelib.money import Budget
from notifier.chalicelib.rules import Rules
from notifier.chalicelib.settings import settings_in
from notifier.chalicelib.sns import Sns
from notifier.chalicelib.table import Table
from tests.notifier.clients import client
from tests.notifier.fakes import BUILDS, NOON, RULES

TOPICAL = replace(RULES, topics=(BUILDS,), budget=Budget(month=1_000_000, mail="builds"))
WELL = (
    Finding(what="sandbox", state=OK, text="out of it", people=()),
    Finding(what="opted out", state=OK, text="nobody", people=()),
)
ILL = (
    WELL[0],
    Finding(what="opted out", state=PROBLEM, text="answered STOP: Ana", people=("ana",)),
)


class Day:
    """A day on which the doctor finds what a test says."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.table = Table(settings_in({}).table, lambda: client("dynamodb"))
        self.sent: list[Notice] = []
        self._patch = patch
        self._capture = capture
        patch.setattr(wiring, "table", lambda: self.table)
        patch.setattr(Sns, "send", lambda _, notice: self.sent.append(notice))

    def passes(self, *findings: Finding, rules: Rules = TOPICAL) -> dict[str, Any]:
        self._patch.setattr(wiring, "rules", lambda: rules)
        self._patch.setattr(wiring, "sns", Sns)
        self._patch.setattr(serve_day, "examine", lambda *_, **__: findings)
        serve_day.serve_day()
        line: dict[str, Any] = json.loads(self._capture.readouterr().err.splitlines()[-1])
        return line

    def unreachable(self) -> dict[str, str]:
        desks = self.table.desks(("ana", "ben"), NOON).desks
        return {desk.person: desk.unreachable for desk in desks if desk.unreachable}


@pytest.fixture
def day(
    cloud: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Day:
    return Day(monkeypatch, capsys)


def test_where_all_is_well_the_log_says_so_and_nobody_is_written_to(day: Day) -> None:
    line = day.passes(*WELL)
    assert (line["what"], line["level"], line["result"]) == ("doctor", "INFO", "ok")
    assert (day.sent, day.unreachable()) == ([], {})


def test_what_is_not_well_is_in_the_log_and_goes_by_mail(day: Day) -> None:
    line = day.passes(*ILL)
    assert (line["level"], line["result"]) == ("ERROR", "problems")
    assert line["why"] == "opted out: answered STOP: Ana"
    (notice,) = day.sent
    assert (notice.address, notice.subject) == (BUILDS.arn, "Trivet doctor: 1 problem")
    assert notice.mail == "opted out: answered STOP: Ana"
    assert notice.attributes == (("kind", "doctor"),)


def test_without_a_budget_it_is_in_the_log_alone(day: Day) -> None:
    assert day.passes(*ILL, rules=RULES)["result"] == "problems"
    assert day.sent == []


def test_whom_no_sms_reaches_is_remembered_until_one_does(day: Day) -> None:
    day.passes(*ILL)
    assert day.unreachable() == {"ana": "answered STOP"}
    day.passes(WELL[0])
    assert day.unreachable() == {"ana": "answered STOP"}
    day.passes(*WELL)
    assert day.unreachable() == {}
