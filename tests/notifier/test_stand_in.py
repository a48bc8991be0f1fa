"""Whom no SMS reaches is not sent one: another is told, and the reasons say so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from notifier.chalicelib.decide import Decision, decide
from notifier.chalicelib.desk import Desk, Known
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.event import OK, Accepted
from notifier.chalicelib.money import Budget
from notifier.chalicelib.rota import Rota
from notifier.chalicelib.rules import Escalation, Group, Person, Rules
from notifier.chalicelib.timing import MAIL
from notifier.chalicelib.watch import follow_up, tell_what_waited
from tests.notifier.fakes import (
    ANA,
    BEN,
    BROKEN_MAIN,
    BUILDS,
    NOON,
    RULES,
    RUN,
    WAITS,
    InMemoryLedger,
    Network,
    run,
)

CLEO = Person(key="cleo", name="Cleo Example", phone="+12025550124")
STOPPED = "answered STOP"


def rules_of(*tell: str, fallback: str = "", **changes: Any) -> Rules:
    people = (replace(ANA, fallback=fallback), BEN, CLEO)
    rule = replace(BROKEN_MAIN, tell=tell)
    return replace(RULES, people=people, rules=(rule,), **changes)


def without(*people: str) -> Known:
    return Known(desks=tuple(Desk(person=key, unreachable=STOPPED) for key in people))


def decided(rules: Rules, known: Known) -> Decision:
    return decide(RUN, None, rules, now=NOON, known=known)


def told(decision: Decision) -> list[str]:
    return [tell.to.key for tell in decision.actions]


def test_the_fallback_is_told_instead_and_both_reasons_say_so() -> None:
    decision = decided(rules_of("ana", fallback="cleo"), without("ana"))
    assert told(decision) == ["cleo"]
    assert [(it.person, it.told, it.why) for it in decision.reasons] == [
        ("ana", False, "is named by 'ana', but answered STOP: Cleo Example is told instead"),
        ("cleo", True, "stands in for Ana Example, who answered STOP"),
    ]
    assert decision.memory is not None
    assert decision.memory.told == ("cleo",)


def test_who_is_told_anyway_is_told_once() -> None:
    for words in (("ana", "cleo"), ("cleo", "ana")):
        decision = decided(rules_of(*words, fallback="cleo"), without("ana"))
        assert told(decision) == ["cleo"]


def test_of_a_group_the_first_who_is_reached_stands_in() -> None:
    crew = (Group(key="crew", members=("ben", "cleo")),)
    rules = rules_of("ana", fallback="crew", groups=crew)
    assert told(decided(rules, without("ana", "ben"))) == ["cleo"]


def test_without_a_fallback_the_rest_of_the_rota_stands_in() -> None:
    week = Rota(key="week", people=("ana", "ben", "cleo"), start=datetime(2026, 11, 16, tzinfo=UTC))
    rules = rules_of("week", rotas=(week,))
    assert told(decided(rules, Known())) == ["ana"]
    assert told(decided(rules, without("ana", "ben"))) == ["cleo"]


def test_where_nobody_stands_in_it_goes_by_mail_or_is_said_to_reach_nobody() -> None:
    decision = decided(rules_of("ana"), without("ana"))
    assert (told(decision), decision.reasons[0].told) == ([], False)
    assert decision.reasons[0].why.endswith("but answered STOP: nobody is told instead")
    budget: dict[str, Any] = {"topics": (BUILDS,), "budget": Budget(month=10**6, mail="builds")}
    (tell,) = decided(rules_of("ana", **budget), without("ana")).actions
    assert (tell.to.key, tell.timing.by) == ("ana", MAIL)


def test_who_was_told_in_the_place_of_another_hears_that_it_is_fixed() -> None:
    ledger, network = InMemoryLedger(), Network()
    ledger.of["ana"] = Desk(person="ana", unreachable=STOPPED)
    for number, event in enumerate((RUN, run(813, OK))):
        dispatch(
            Accepted(id=f"e-{number}", event=event),
            rules=rules_of("ana", fallback="cleo"),
            ledger=ledger,
            send=network.send,
            now=NOON + timedelta(hours=number),
        )
    assert [it.recipient for it in network.taken] == ["cleo", "cleo"]


def test_the_desks_of_those_who_may_stand_in_are_read_too() -> None:
    assert rules_of("ana", fallback="cleo").reach(RUN, NOON) == ("ana", "cleo")


def watched(ledger: InMemoryLedger, rules: Rules) -> list[str]:
    network = Network()
    ids: Callable[[], str] = iter(f"l{number}" for number in range(99)).__next__
    for minutes in (20, 21):
        now = NOON + timedelta(minutes=minutes)
        follow_up(rules, desks=ledger, now=now)
        tell_what_waited(rules, desks=ledger, send=network.send, now=now, new_id=ids)
    return [it.address for it in network.taken]


def test_what_waited_for_who_opted_out_meanwhile_goes_to_the_fallback() -> None:
    ledger = InMemoryLedger()
    ledger.of["ana"] = Desk(person="ana", held=(WAITS,), unreachable=STOPPED)
    assert watched(ledger, rules_of("ana", fallback="cleo")) == [CLEO.phone]


def test_what_waited_for_whom_nobody_stands_in_goes_by_mail() -> None:
    ledger = InMemoryLedger()
    ledger.of["ana"] = Desk(person="ana", held=(WAITS,), unreachable=STOPPED)
    rules = rules_of("ana", topics=(BUILDS,), budget=Budget(month=10**6, mail="builds"))
    assert watched(ledger, rules) == [BUILDS.arn]


def test_an_escalation_goes_to_the_fallback() -> None:
    ledger, network = InMemoryLedger(), Network()
    rules = rules_of("ben", fallback="cleo")
    plan = Escalation(after=timedelta(minutes=15), to=("ana",))
    rules = replace(rules, rules=(replace(rules.rules[0], escalate=plan),))
    ledger.of["ana"] = Desk(person="ana", unreachable=STOPPED)
    accepted = Accepted(id="e-1", event=RUN)
    dispatch(accepted, rules=rules, ledger=ledger, send=network.send, now=NOON)
    assert watched(ledger, rules) == [CLEO.phone]
