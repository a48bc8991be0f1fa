"""Decide who is told about an event, and say of every rule and person why, or why not.

One function of (event, memory, rules, now): the Lambda, `explain` and the tests call the same.
Pure: no AWS, no files, no clock, no printing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from .event import FAILED, NEUTRAL, PIPELINE, Event
from .memory import TOLD, Memory
from .rules import Person, Rule, Rules

BROKE = "broke"
FIXED = "fixed"
COMMITS = "commits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """One person is to be told of one edge."""

    person: Person
    edge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a rule told somebody or did not; `person` is empty when the rule did not apply at all."""

    rule: str
    person: str
    told: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an event means.

    `edge` is broke, fixed, commits, or empty for silence; `why` is the sentence for the event as a
    whole; `memory` is what shall be remembered from now on, None when nothing changes.
    """

    edge: str
    why: str
    actions: tuple[Tell, ...]
    reasons: tuple[Reason, ...]
    memory: Memory | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """What an event does to the memory, before any rule is asked."""

    edge: str
    why: str
    memory: Memory | None


def decide(event: Event, memory: Memory | None, rules: Rules, *, now: datetime) -> Decision:
    """Return what is to be done about an event; `now` is UTC."""
    turn = _turn(event, memory, now)
    reasons = list(_told_before(turn, memory, rules))
    for rule in rules.rules:
        reasons += _by_rule(rule, event, turn, rules, told={r.person for r in reasons if r.told})
    people = {person.key: person for person in rules.people}
    actions = tuple(Tell(person=people[r.person], edge=turn.edge) for r in reasons if r.told)
    return Decision(
        edge=turn.edge,
        why=turn.why,
        actions=actions,
        reasons=tuple(reasons),
        memory=_remembered(turn, actions),
    )


def _turn(event: Event, memory: Memory | None, now: datetime) -> _Turn:
    if event.fork:
        return _silence("a run of a fork's pull request never tells anybody")
    if event.outcome == NEUTRAL:
        return _silence(f"a run that ended as {event.conclusion} says nothing about the code")
    if memory is not None and event.stamp <= memory.stamp:
        return _silence(_late(event, memory))
    if event.kind != PIPELINE:
        state = Memory(state=TOLD, stamp=event.stamp, since=now)
        noun = "commit" if event.commits == 1 else "commits"
        return _Turn(edge=COMMITS, why=f"{event.commits} {noun} on {event.branch}", memory=state)
    return _edge(event, memory, now)


def _edge(event: Event, memory: Memory | None, now: datetime) -> _Turn:
    run = f"run {event.stamp[0]}"
    before = memory.state if memory else ""
    if memory and before == event.outcome:
        told = f"; told: {', '.join(memory.told)}" if memory.told else ""
        return _Turn(
            edge="",
            why=f"{run}: still {before} since {memory.since:%Y-%m-%d %H:%M} UTC{told}",
            memory=replace(memory, stamp=event.stamp),
        )
    after = Memory(state=event.outcome, stamp=event.stamp, since=now)
    if event.outcome == FAILED:
        return _Turn(
            edge=BROKE, why=f"{run} failed; before, it was {before or 'not known'}", memory=after
        )
    if before == FAILED:
        return _Turn(edge=FIXED, why=f"{run} is ok; before, it was failed", memory=after)
    return _Turn(edge="", why=f"{run} is ok, and nobody was told otherwise", memory=after)


def _late(event: Event, memory: Memory) -> str:
    if memory.state == TOLD or event.stamp == memory.stamp:
        return "this was handled before"
    return (
        f"run {event.stamp[0]} attempt {event.stamp[1]} comes late: "
        f"run {memory.stamp[0]} attempt {memory.stamp[1]} is known"
    )


def _silence(why: str) -> _Turn:
    return _Turn(edge="", why=why, memory=None)


def _told_before(turn: _Turn, memory: Memory | None, rules: Rules) -> list[Reason]:
    """Tell those that it is fixed who were told that it broke, whatever the rules say now."""
    if turn.edge != FIXED or memory is None:
        return []
    return [
        Reason(rule="", person=key, told=True, why="was told that it broke")
        if rules.person(key)
        else Reason(rule="", person=key, told=False, why="is not among the people any more")
        for key in memory.told
    ]


def _by_rule(
    rule: Rule, event: Event, turn: _Turn, rules: Rules, *, told: set[str]
) -> list[Reason]:
    mismatch = rule.mismatch(event)
    if mismatch:
        return [Reason(rule=rule.name, person="", told=False, why=mismatch)]
    reasons: list[Reason] = []
    for word, person in rules.told_by(rule, event):
        if person is None:
            why = f"the author {_author(event)} is not among the people"
            reasons.append(Reason(rule=rule.name, person=word, told=False, why=why))
        elif person.key in told:
            why = "is told already"
            reasons.append(Reason(rule=rule.name, person=person.key, told=False, why=why))
        elif not turn.edge:
            reasons.append(Reason(rule=rule.name, person=person.key, told=False, why=turn.why))
        else:
            told = told | {person.key}
            why = f"is named by {word!r}"
            reasons.append(Reason(rule=rule.name, person=person.key, told=True, why=why))
    return reasons


def _author(event: Event) -> str:
    known = (event.author.name, event.author.email, event.author.login)
    return " / ".join(text for text in known if text) or "(unknown)"


def _remembered(turn: _Turn, actions: tuple[Tell, ...]) -> Memory | None:
    if turn.memory is None or (turn.edge == COMMITS and not actions):
        return None  # what told nobody and moved nothing needs no item
    if turn.edge == BROKE:
        return replace(turn.memory, told=tuple(tell.person.key for tell in actions))
    return turn.memory
