from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.books import clearing
from notifier.chalicelib.bundle import with_note
from notifier.chalicelib.decide import BROKE
from notifier.chalicelib.desk import Desk, Held
from notifier.chalicelib.errors import AwsFailed
from notifier.chalicelib.memory import Notice
from notifier.chalicelib.money import Budget
from notifier.chalicelib.watch import tell_what_waited
from tests.notifier.fakes import ANA, BEN, BUILDS, NOON, RULES, WAITS, InMemoryLedger, Network

LATER = NOON + timedelta(minutes=2)


class World:
    """Desks with messages that wait, and a phone network."""

    def __init__(self, *people: str) -> None:
        self.ledger = InMemoryLedger()
        self.network = Network()
        self.ledger.of = {person: Desk(person=person, held=(WAITS,)) for person in people}
        self.rules = RULES
        self._number = 0

    def watch(self, minutes: int = 2) -> tuple[Notice, ...]:
        return tell_what_waited(
            self.rules,
            desks=self.ledger,
            send=self.network.send,
            now=NOON + timedelta(minutes=minutes),
            new_id=self._id,
        )

    def _id(self) -> str:
        self._number += 1
        return f"l{self._number}"


def test_what_waits_is_told_when_its_time_has_come_and_once() -> None:
    world = World("ana")
    assert world.watch(1) == ()
    assert [it.text for it in world.watch(2)] == ["CI broke: tide-table"]
    assert world.watch(3) == ()
    assert world.ledger.of["ana"] == Desk(person="ana", opened_at=LATER, recent=(LATER,))


def test_several_are_one_sms() -> None:
    world = World()
    held = tuple(replace(WAITS, entry=f"e{n}.0", about=str(n), label=f"p{n}") for n in range(3))
    world.ledger.of["ana"] = Desk(person="ana", held=held)
    assert [it.text for it in world.watch()] == ["3 pipelines red: p0, p1, p2"]


def test_what_is_not_due_yet_stays() -> None:
    world = World("ana")
    later = replace(WAITS, entry="e2.0", until=NOON + timedelta(hours=1))
    world.ledger.of["ana"] = Desk(person="ana", held=(WAITS, later))
    assert len(world.watch()) == 1
    assert world.ledger.of["ana"].held == (later,)


def test_what_mended_itself_is_cleared_and_costs_nothing() -> None:
    world = World()
    fixed = replace(WAITS, entry="e2.0", edge="fixed", at=NOON + timedelta(seconds=1))
    world.ledger.of["ana"] = Desk(person="ana", held=(replace(WAITS, edge=BROKE), fixed))
    assert world.watch() == ()
    assert world.ledger.of["ana"] == Desk(person="ana")


def test_one_persons_failure_keeps_no_other_from_being_told() -> None:
    world = World("ana", "ben")
    world.network.refused = {ANA.phone}
    with pytest.raises(AwsFailed):
        world.watch()
    assert [it.recipient for it in world.network.taken] == ["ben"]


def test_who_died_while_sending_is_taken_for_dead_after_two_minutes() -> None:
    world = World("ana")
    world.network.refused = {ANA.phone}
    with pytest.raises(AwsFailed):
        world.watch(2)
    world.network.refused = set()
    assert world.watch(3) == ()
    assert len(world.watch(4)) == 1


def test_when_the_budget_is_spent_the_bundle_goes_by_mail() -> None:
    world = World("ana")
    world.ledger.spent = 100
    world.rules = replace(RULES, topics=(BUILDS,), budget=Budget(month=100, mail="builds"))
    (notice,) = world.watch()
    assert (notice.address, notice.recipient) == (BUILDS.arn, "ana")
    assert notice.attributes == (("person", "ana"),)
    assert (notice.subject, notice.mail) == ("CI broke", "CI broke: tide-table")
    assert world.ledger.spent == 100


def test_the_subject_of_what_goes_by_mail_is_one_that_sns_takes() -> None:
    world = World()
    waits = replace(WAITS, text="Übersetzung kaputt, keine Antwort von Жанна 🚀 " + "x" * 200)
    world.ledger.of["ana"] = Desk(person="ana", held=(waits,))
    world.ledger.spent = 100
    world.rules = replace(RULES, topics=(BUILDS,), budget=Budget(month=100, mail="builds"))
    (notice,) = world.watch()
    assert notice.subject.startswith("Ubersetzung kaputt, keine Antwort von xxx")
    assert len(notice.subject) <= 99
    assert notice.mail == waits.text


def test_the_last_sms_of_the_budget_says_so() -> None:
    world = World("ana")
    world.rules = replace(RULES, topics=(BUILDS,), budget=Budget(month=100, mail="builds"))
    (notice,) = world.watch()
    assert notice.text == "CI broke: tide-table Budget spent: from now on by e-mail."


def test_the_note_takes_the_place_of_what_is_too_long_and_leaves_other_alphabets_alone() -> None:
    long = with_note("x" * 160, "Spent.")
    assert (len(long), long[-8:]) == (160, "x Spent.")
    assert with_note("Налог", "Spent.") == "Налог"


def test_without_a_budget_what_waited_goes_to_its_phone_though_none_was_reached() -> None:
    world = World()
    world.ledger.of["ben"] = Desk(person="ben", held=(WAITS,), unreachable="answered STOP")
    assert [it.address for it in world.watch()] == [BEN.phone]


def test_a_bundle_is_booked() -> None:
    world = World("ben")
    world.rules = replace(
        RULES, budget=Budget(month=10**6, mail="builds", prices=(("+44", 40_000),))
    )
    (notice,) = world.watch()
    assert (notice.text, world.ledger.spent) == (WAITS.text, 40_000)


def test_what_a_long_night_left_is_cleared_by_expressions_that_dynamodb_takes() -> None:
    world = World()
    held = tuple(replace(WAITS, entry=f"e{n}.0", about=f"p{n}", label=f"p{n}") for n in range(700))
    world.ledger.of["ana"] = Desk(person="ana", held=held)
    updates: list[str] = []
    clear = world.ledger.clear

    def clearing_too(*words: Any) -> None:
        updates.append(clearing(*words)[0]["UpdateExpression"])
        clear(*words)

    world.ledger.clear = clearing_too  # type: ignore[method-assign]  # and looks at what is asked
    texts = [notice.text for minute in range(60, 65) for notice in world.watch(minute)]
    assert [text.split(":")[0] for text in texts] == [
        "300 pipelines red",
        "300 pipelines red",
        "100 pipelines red",
    ]
    assert max(len(update) for update in updates) < 4096


def test_a_text_of_two_parts_is_booked_as_two() -> None:
    world = World()
    waits = replace(WAITS, text="Сборка " * 12)
    world.ledger.of["ben"] = Desk(person="ben", held=(waits,))
    budget = Budget(month=10**6, mail="builds", prices=(("+44", 40_000),))
    world.rules = replace(RULES, budget=budget)
    (notice,) = world.watch()
    assert (notice.parts, world.ledger.spent) == (2, 80_000)


DELAYS = st.lists(st.integers(0, 10), min_size=1, max_size=8)


@given(DELAYS, st.data())
def test_whatever_fails_all_that_waited_is_told(delays: list[int], data: st.DataObject) -> None:
    world = World()
    held = tuple(_held(number, delay) for number, delay in enumerate(delays))
    world.ledger.of = {person.key: Desk(person=person.key, held=held) for person in (ANA, BEN)}
    for minute in range(12):
        world.network.refused = data.draw(st.sets(st.sampled_from([ANA.phone, BEN.phone])))
        try:
            world.watch(minute)
        except AwsFailed:
            continue
    world.network.refused = set()
    for minute in (14, 16):
        world.watch(minute)
    assert all(desk.held == () for desk in world.ledger.of.values())
    for person in ("ana", "ben"):
        texts = [it.text for it in world.network.taken if it.recipient == person]
        assert sum(_count(text) for text in texts) == len(delays)


def _held(number: int, delay: int) -> Held:
    return replace(
        WAITS,
        entry=f"e{number}.0",
        about=f"p{number}",
        label=f"p{number}",
        text=f"1 pipeline red: p{number}",
        until=NOON + timedelta(minutes=delay),
    )


def _count(text: str) -> int:
    return int(text.split()[0])
