"""A failure that nobody acknowledges is told to the next, until somebody does or it is fixed."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.bundle import escalated
from notifier.chalicelib.desk import Open, Step
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.errors import Unreachable
from notifier.chalicelib.event import OK, Accepted, Event
from notifier.chalicelib.gsm import units
from notifier.chalicelib.languages import words_of
from notifier.chalicelib.page import Pages
from notifier.chalicelib.rules import Escalation, Person, Rule, Rules
from notifier.chalicelib.watch import follow_up, tell_what_waited
from tests.notifier.fakes import ANA, BEN, NOON, RULES, RUN, InMemoryLedger, Network, run

CLEO = Person(key="cleo", name="Cleo Example", phone="+12025550124", language="de")
PLAN = Escalation(after=timedelta(minutes=15), to=("ben", "cleo"))
ESCALATING: Rules = replace(
    RULES,
    people=(ANA, BEN, CLEO),
    rules=(replace(RULES.rules[0], tell=("ana",), escalate=PLAN),),
)


class World:
    """Minutes that pass, and what is told in them."""

    def __init__(self) -> None:
        self.ledger = InMemoryLedger()
        self.network = Network()
        self.rules = ESCALATING
        self._number = 0

    def dispatch(self, event: Event, minute: int = 0) -> None:
        dispatch(
            Accepted(id=f"id-{event.key}-{event.stamp}", event=event),
            rules=self.rules,
            ledger=self.ledger,
            send=self.network.send,
            now=self._at(minute),
            pages=Pages(base="https://n.example", new_id=self._id),
        )

    def watch(self, *minutes: int) -> None:
        for minute in minutes:
            now = self._at(minute)
            follow_up(self.rules, desks=self.ledger, now=now)
            tell_what_waited(
                self.rules, desks=self.ledger, send=self.network.send, now=now, new_id=self._id
            )

    def told(self) -> list[str]:
        return [notice.recipient for notice in self.network.taken]

    def open(self) -> int:
        return sum(len(desk.open) for desk in self.ledger.of.values())

    def _at(self, minute: int) -> datetime:
        return NOON + timedelta(minutes=minute)

    def _id(self) -> str:
        self._number += 1
        return f"{self._number:010}"


@pytest.fixture
def world() -> World:
    world = World()
    world.dispatch(RUN)
    return world


def test_who_does_not_acknowledge_in_time_is_followed_by_the_next(world: World) -> None:
    world.watch(14)
    assert world.told() == ["ana"]
    world.watch(15, 16)
    assert world.told() == ["ana", "ben"]
    world.watch(29, 30, 31)
    assert world.told() == ["ana", "ben", "cleo"]
    world.watch(45, 60, 90)
    assert world.told() == ["ana", "ben", "cleo"]
    assert world.open() == 0


def test_the_next_hears_whose_answer_is_missing_in_their_language(world: World) -> None:
    world.watch(15, 16, 30, 31)
    link = "https://n.example/m/0000000001"
    assert [notice.text for notice in world.network.taken[1:]] == [
        f"tide-table CI broke, no answer from Ana Example {link}",
        f"tide-table CI kaputt, keine Antwort von Ben Example {link}",
    ]


def test_who_acknowledges_ends_it(world: World) -> None:
    ((key, page),) = world.ledger.pages.items()
    world.ledger.pages[key] = replace(page, acknowledged_at="2026-11-22T12:05:00+00:00")
    world.watch(15, 16, 30)
    assert (world.told(), world.open()) == (["ana"], 0)


def test_what_is_fixed_is_not_escalated(world: World) -> None:
    world.dispatch(run(813, OK), minute=10)
    world.watch(15, 16, 30)
    assert (world.told(), world.open()) == (["ana", "ana"], 0)


def test_who_was_told_because_another_did_not_answer_is_told_that_it_is_fixed(
    world: World,
) -> None:
    world.watch(15, 16)
    world.dispatch(run(813, OK), minute=20)
    assert world.told() == ["ana", "ben", "ana", "ben"]
    assert "fixed" in world.network.taken[-1].text


@pytest.mark.parametrize("left", [(), (replace(ESCALATING.rules[0], escalate=None),)])
def test_a_rule_that_is_gone_or_does_not_escalate_any_more_escalates_nothing(
    world: World, left: tuple[Rule, ...]
) -> None:
    world.rules = replace(ESCALATING, rules=left)
    world.watch(15, 16)
    assert (world.told(), world.open()) == (["ana"], 0)


def test_a_plan_that_became_shorter_ends_where_it_ends_now(world: World) -> None:
    world.watch(15, 16)
    shorter = replace(ESCALATING.rules[0], escalate=replace(PLAN, to=("ben",)))
    world.rules = replace(ESCALATING, rules=(shorter,))
    world.watch(30, 31)
    assert (world.told(), world.open()) == (["ana", "ben"], 0)


def test_what_wants_an_answer_waits_for_no_bundle() -> None:
    world = World()
    for number in range(3):
        world.dispatch(RUN._replace(key=f"p{number}"))
    assert world.told() == ["ana"] * 3
    assert world.open() == 3


def test_what_broke_anew_is_not_escalated_for_the_old_failure(world: World) -> None:
    world.dispatch(run(813, OK), minute=5)
    world.rules = replace(ESCALATING, rules=())
    world.dispatch(run(814), minute=10)
    world.rules = ESCALATING
    world.watch(15, 16)
    assert "ben" not in world.told()


def test_one_persons_failure_keeps_no_others_escalation_from_going_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.rules = replace(ESCALATING, rules=(replace(ESCALATING.rules[0], tell=("cleo",)),))
    world.dispatch(RUN._replace(key="p2"))
    take = world.ledger.step

    def take_but_anas(step: Step) -> None:
        if step.person == "ana":
            raise Unreachable("table", code="Throttled")
        take(step)

    monkeypatch.setattr(world.ledger, "step", take_but_anas)
    with pytest.raises(Unreachable):
        follow_up(world.rules, desks=world.ledger, now=NOON + PLAN.after)
    assert [held.label for held in world.ledger.of["ben"].held] == ["tide-table CI"]


def test_two_watches_at_the_same_time_hand_over_once(world: World) -> None:
    world.watch(15)
    world.watch(15)
    assert len(world.ledger.of["ben"].held) + world.told().count("ben") == 1


WAITS_FOR_ANSWER = Open(
    entry="e",
    due=NOON,
    told_at=NOON,
    about="p",
    page="",
    link="https://n.example/m/0123456789",
    rule="r",
    step=0,
    label="tide-table Сборка",
    name="Жанна",
)


def test_the_link_to_answer_by_is_worth_more_than_letters_that_gsm_cannot_spell() -> None:
    text = escalated(WAITS_FOR_ANSWER, words_of("en"))
    assert text == "tide-table broke, no answer from ? https://n.example/m/0123456789"
    unlinked = replace(WAITS_FOR_ANSWER, link="")
    assert escalated(unlinked, words_of("en")) == "tide-table Сборка broke, no answer from Жанна"
    long = escalated(replace(unlinked, label="Сборка" * 30), words_of("en"))
    assert (units(long), long[:6]) == (70, "Сборка")


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_the_text_of_an_escalation_fits_one_part(label: str, name: str, link: str) -> None:
    waits = replace(WAITS_FOR_ANSWER, link=link, label=label, name=name)
    for language in ("de", "en"):
        assert len(smsutil.split(escalated(waits, words_of(language))).parts) == 1
