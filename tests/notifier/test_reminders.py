"""What stays broken is told again by the clock, whether runs come or not, until it is fixed."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib import wiring
from notifier.chalicelib.bundle import reminded
from notifier.chalicelib.desk import Desk, Open, Step
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.errors import Unreachable
from notifier.chalicelib.event import FAILED, OK, Accepted, Event
from notifier.chalicelib.gsm import septets
from notifier.chalicelib.languages import words_of
from notifier.chalicelib.money import Budget
from notifier.chalicelib.page import LIFE, Pages
from notifier.chalicelib.quiet import Quiet
from notifier.chalicelib.rules import Rule, Rules
from notifier.chalicelib.serve_message import serve_minute
from notifier.chalicelib.watch import follow_up, tell_what_waited
from tests.notifier.fakes import (
    ANA,
    BEN,
    BUILDS,
    NOON,
    RULES,
    RUN,
    InMemoryLedger,
    Network,
    run,
)
from tests.notifier.fakes import WAITS as HELD

RULE = replace(RULES.rules[0], tell=("ana",), remind=timedelta(hours=4))
REMINDING: Rules = replace(RULES, rules=(RULE,))
LINK = "https://n.example/m/0000000001"


class World:
    """Hours that pass, and what is told in them."""

    def __init__(self, rules: Rules = REMINDING) -> None:
        self.ledger = InMemoryLedger()
        self.network = Network()
        self.rules = rules
        self._number = 0

    def dispatch(self, event: Event, hour: float = 0) -> None:
        dispatch(
            Accepted(id=f"id-{event.key}-{event.stamp}", event=event),
            rules=self.rules,
            ledger=self.ledger,
            send=self.network.send,
            now=self._at(hour),
            pages=Pages(base="https://n.example", new_id=self._id),
        )

    def watch(self, *hours: float) -> None:
        for hour in hours:
            now = self._at(hour)
            follow_up(self.rules, desks=self.ledger, now=now)
            tell_what_waited(
                self.rules, desks=self.ledger, send=self.network.send, now=now, new_id=self._id
            )

    def told(self) -> list[str]:
        """All texts, the last part of each left out: the link."""
        return [notice.text.rpartition(" ")[0] for notice in self.network.taken]

    def reminders(self) -> int:
        return len(self.told()) - 1

    def open(self) -> int:
        return sum(len(desk.open) for desk in self.ledger.of.values())

    def _at(self, hour: float) -> datetime:
        return NOON + timedelta(hours=hour)

    def _id(self) -> str:
        self._number += 1
        return f"{self._number:010}"


@pytest.fixture
def world() -> World:
    world = World()
    world.dispatch(RUN)
    return world


def test_what_stays_broken_without_another_run_is_told_after_the_rules_time(world: World) -> None:
    world.watch(1, 3.99)
    assert world.reminders() == 0
    world.watch(4, 4.02, 7.99)
    assert [notice.text for notice in world.network.taken[1:]] == [
        f"tide-table CI still broken (4h) {LINK}"
    ]
    world.watch(8, 12)
    assert world.told()[2:] == [f"tide-table CI still broken ({hours}h)" for hours in (8, 12)]
    assert world.open() == 1


def test_runs_that_fail_meanwhile_change_nothing_about_it(world: World) -> None:
    for hour in range(1, 9):
        world.dispatch(run(812 + hour), hour)
        world.watch(hour)
    assert world.told()[1:] == [
        "tide-table CI still broken (4h)",
        "tide-table CI still broken (8h)",
    ]


def test_what_is_fixed_is_not_reminded_of(world: World) -> None:
    world.dispatch(run(813, OK), hour=1)
    world.watch(4, 8)
    assert (world.reminders(), world.open()) == (1, 0)
    assert "fixed" in world.told()[1]


def test_what_broke_anew_is_reminded_of_since_then(world: World) -> None:
    world.dispatch(run(813, OK), hour=1)
    world.dispatch(run(814), hour=2)
    before = len(world.told())
    world.watch(4, 5, 6)
    assert world.told()[before:] == ["tide-table CI still broken (4h)"]
    assert world.open() == 1


def test_who_is_not_told_of_the_new_failure_is_not_reminded_of_it(world: World) -> None:
    world.dispatch(run(813, OK), hour=1)
    world.rules = replace(REMINDING, rules=(replace(RULE, tell=("ben",)),))
    world.dispatch(run(814), hour=2)
    before = len(world.network.taken)
    world.watch(4, 6)
    assert [notice.recipient for notice in world.network.taken[before:]] == ["ben"]


def test_of_several_reminders_of_a_pipeline_only_the_newest_counts() -> None:
    world = World()
    world.dispatch(RUN._replace(failing="lint"))
    world.dispatch(run(813, failing="lint, test"), hour=1)
    assert (world.told()[1].startswith("CI still broken: "), world.open()) == (True, 2)
    world.watch(4)
    assert (len(world.told()), world.open()) == (2, 1)
    world.watch(5)
    assert world.told()[2:] == ["tide-table CI still broken (4h)"]


def test_an_acknowledgement_ends_no_reminder(world: World) -> None:
    ((key, page),) = world.ledger.pages.items()
    world.ledger.pages[key] = replace(page, acknowledged_at="2026-11-22T12:05:00+00:00")
    world.watch(4)
    assert world.reminders() == 1


@pytest.mark.parametrize("rules", [(), (replace(RULE, remind=None),)])
def test_a_rule_that_is_gone_or_reminds_no_longer_ends_it(
    world: World, rules: tuple[Rule, ...]
) -> None:
    world.rules = replace(world.rules, rules=rules)
    world.watch(4)
    assert (world.reminders(), world.open()) == (0, 0)


def test_a_reminder_waits_for_the_end_of_quiet_hours() -> None:
    ana = replace(ANA, quiet=Quiet(start=time(15), end=time(20)))
    world = World(replace(REMINDING, people=(ana, BEN)))
    world.dispatch(RUN)
    world.watch(4, 5, 7.99)
    assert world.reminders() == 0
    world.watch(8)
    assert world.reminders() == 1


def test_a_critical_one_does_not() -> None:
    ana = replace(ANA, quiet=Quiet(start=time(15), end=time(20)))
    rules = (replace(RULE, severity="critical"),)
    world = World(replace(REMINDING, people=(ana, BEN), rules=rules))
    world.dispatch(RUN)
    world.watch(4)
    assert world.reminders() == 1


def test_what_waits_for_the_morning_is_reminded_of_after_it_was_told() -> None:
    ana = replace(ANA, quiet=Quiet(start=time(11), end=time(20)))
    world = World(replace(REMINDING, people=(ana, BEN)))
    world.dispatch(RUN)
    world.watch(4, 8, 11.99)
    assert world.reminders() == 0
    world.watch(12)
    assert world.told()[0].startswith("CI broke: ")
    assert world.told()[1:] == ["tide-table CI still broken (12h)"]


def test_two_reminders_of_one_time_are_one_sms(world: World) -> None:
    world.dispatch(RUN._replace(key="p2", workflow="Deploy"), hour=0.1)
    world.watch(0.2)
    before = len(world.network.taken)
    world.watch(4.2)
    texts = [notice.text for notice in world.network.taken[before:]]
    assert texts == ["2 pipelines red: tide-table CI, tide-table Deploy"]


def test_who_is_told_by_mail_is_reminded_too() -> None:
    world = World(replace(REMINDING, topics=(BUILDS,), budget=Budget(month=1, mail="builds")))
    world.ledger.spent = 1
    world.dispatch(RUN)
    world.watch(4)
    assert [notice.address for notice in world.network.taken] == [BUILDS.arn] * 2


def test_two_watches_at_the_same_time_remind_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = world.ledger.desks(("ana",), NOON)
    world.watch(4)
    monkeypatch.setattr(world.ledger, "desks", lambda *_: seen)
    follow_up(world.rules, desks=world.ledger, now=NOON + timedelta(hours=4))
    monkeypatch.undo()
    world.watch(4.01)
    assert (world.reminders(), world.open()) == (1, 1)


def test_the_link_is_left_out_once_its_page_is_gone(world: World) -> None:
    hours = LIFE / timedelta(hours=1)
    world.watch(hours)
    assert world.network.taken[-1].text == "tide-table CI still broken (7d)"


def test_what_cannot_be_followed_up_keeps_nothing_that_waits_from_being_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(step: Step) -> None:
        raise Unreachable(step.person, code="Throttled")

    world, long_ago = World(), -200_000  # hours
    world.dispatch(RUN, long_ago)
    waits = replace(HELD, until=NOON + timedelta(hours=long_ago))
    world.ledger.of["ben"] = Desk(person="ben", held=(waits,))
    monkeypatch.setattr(world.ledger, "step", refuse)
    monkeypatch.setattr(wiring, "rules", lambda: world.rules)
    monkeypatch.setattr(wiring, "table", lambda: world.ledger)
    monkeypatch.setattr(wiring, "sns", lambda: world.network)
    with pytest.raises(Unreachable):
        serve_minute()
    assert [notice.text for notice in world.network.taken[1:]] == [HELD.text]
    assert '"result": "failed"' in capsys.readouterr().err


@given(st.lists(st.sampled_from(["", FAILED, OK]), max_size=40))
def test_whatever_happens_it_is_told_when_it_breaks_is_fixed_and_each_four_hours_between(
    happens: list[str],
) -> None:
    world, told_at, expected = World(), None, []
    for hour, outcome in enumerate(happens):
        before = len(world.told())
        if outcome:
            world.dispatch(run(812 + hour, outcome), hour)
        world.watch(hour)
        if outcome == OK and told_at is not None:
            told_at, word = None, "fixed"
        elif outcome == FAILED and told_at is None:
            told_at, word = hour, "broke"
        elif told_at is not None and hour - told_at >= 4:
            told_at, word = hour, "still broken"
        else:
            word = ""
        texts = world.told()[before:]
        assert len(texts) == bool(word)
        assert all(f" {word}" in text for text in texts)
        expected.append(word)
    assert world.open() <= 1 + expected.count("fixed")


WAITS = Open(
    entry="e1.0~r",
    due=NOON,
    told_at=NOON,
    about="p",
    page="",
    link="https://x.example/1",
    rule="r",
    step=0,
    label="tide-table CI",
    name="Ana Example",
    reminds=True,
)


def test_only_a_newer_reminder_of_the_same_pipeline_outdates_one() -> None:
    newer = replace(WAITS, entry="e2.0~r", told_at=NOON + timedelta(hours=1))
    assert Desk(person="ana", open=(WAITS, newer)).is_outdated(WAITS)
    for other in (WAITS, replace(newer, about="q"), replace(newer, reminds=False)):
        assert not Desk(person="ana", open=(WAITS, other)).is_outdated(WAITS)
    assert not Desk(person="ana", open=(WAITS, newer)).is_outdated(newer)


@given(st.text(max_size=200), st.text(max_size=200), st.integers(0, 10**9))
def test_the_text_of_a_reminder_fits_one_part(label: str, link: str, seconds: int) -> None:
    waits = replace(WAITS, label=label, link=link)
    for language in ("de", "en"):
        text = reminded(waits, words_of(language), NOON + timedelta(seconds=seconds))
        assert septets(text) <= 160
