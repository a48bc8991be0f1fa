"""Decide who is told about an event, and say of every rule and person why, or why not.

One function of (event, memory, rules, now): the Lambda, `explain` and the tests call the same.
Pure: no AWS, no files, no clock, no printing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from .desk import NOTHING, Known
from .event import ALARM, FAILED, NEUTRAL, PUSH, Event
from .memory import TOLD, Memory
from .rules import Person, Recipient, Rule, Rules
from .stand_in import reached
from .timing import AT_ONCE, MAIL, Timing, by_budget, span, timing

BROKE = "broke"
FIXED = "fixed"
STILL = "still"  # broken, as whoever is told knows: a reminder
COMMITS = "commits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """One person or topic is to be told of one edge; `timing` says when and by which way.

    `rule` is the one that says so, None for those who are told because they were told before;
    `reminder` the one that reminds them by the clock while it stays broken.
    """

    to: Recipient
    edge: str
    timing: Timing = AT_ONCE
    rule: Rule | None = None
    reminder: Rule | None = None
    why: str = ""

    @property
    def joins(self) -> bool:
        """Tell whether it may be told in a bundle: a push is not, nor what wants an answer."""
        return self.edge != COMMITS and (self.rule is None or self.rule.escalate is None)


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

    `edge` is broke, fixed, still, commits, or empty for silence; `why` is the sentence for the
    event as a whole; `memory` is what shall be remembered, None when nothing changes.
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
    told_at: datetime | None = None  # set while a pipeline stays broken: since then, rules remind


_One = tuple[Reason, Tell | None]
_Found = list[_One]


def decide(
    event: Event, memory: Memory | None, rules: Rules, *, now: datetime, known: Known = NOTHING
) -> Decision:
    """Return what is to be done about an event; `now` is UTC, `known` what people were sent."""
    turn = _turn(event, memory, now)
    found = list(_told_before(turn, memory, rules))
    for rule in rules.rules:
        found += _by_rule(rule, event, turn, rules, now=now, before=found)
    found = [_with_reminder(it, event, rules, now) for it in found]
    found = list(_reached(found, rules, known, now))
    found = [_timed(it, event, rules, known, now) for it in found]
    actions = tuple(tell for _, tell in found if tell)
    return Decision(
        edge=actions[0].edge if actions else turn.edge,
        why=turn.why,
        actions=actions,
        reasons=tuple(reason for reason, _ in found),
        memory=_remembered(turn, actions, now),
    )


def _turn(event: Event, memory: Memory | None, now: datetime) -> _Turn:
    if event.fork:
        return _silence("a run of a fork's pull request never tells anybody")
    if event.outcome == NEUTRAL:
        return _silence(f"a run that ended as {event.conclusion} says nothing about the code")
    if memory is not None and event.stamp <= memory.stamp:
        return _silence(_late(event, memory))
    if event.kind == PUSH:
        state = Memory(state=TOLD, stamp=event.stamp, since=now)
        count = f"{event.commits}+" if event.more else f"{event.commits}"
        noun = "commit" if count == "1" else "commits"
        return _Turn(edge=COMMITS, why=f"{count} {noun} on {event.branch}", memory=state)
    return _edge(event, memory, now)


def _edge(event: Event, memory: Memory | None, now: datetime) -> _Turn:
    run = _run(event)
    before = memory.state if memory else ""
    if memory and before == event.outcome:
        return _unchanged(event, memory, run)
    after = Memory(state=event.outcome, stamp=event.stamp, since=now, failing=event.failing)
    if event.outcome == FAILED:
        return _Turn(
            edge=BROKE, why=f"{run} failed; before, it was {before or 'not known'}", memory=after
        )
    if before == FAILED:
        return _Turn(edge=FIXED, why=f"{run} is ok; before, it was failed", memory=after)
    return _Turn(edge="", why=f"{run} is ok, and nobody was told otherwise", memory=after)


def _unchanged(event: Event, memory: Memory, run: str) -> _Turn:
    told = f"; told: {', '.join(memory.told)}" if memory.told else ""
    more = _jobs(event.failing) - _jobs(memory.failing) if memory.failing else set()
    also = f"; {', '.join(sorted(more))} fails too now" if more else ""
    return _Turn(
        edge=STILL if more else "",
        why=f"{run}: still {memory.state} since {memory.since:%Y-%m-%d %H:%M} UTC{told}{also}",
        memory=replace(memory, stamp=event.stamp, failing=event.failing or memory.failing),
        told_at=memory.told_at if memory.state == FAILED else None,
    )


def _jobs(failing: str) -> set[str]:
    return {job for job in failing.split(", ") if job}


def _turn_for(to: Recipient, rule: Rule, turn: _Turn, now: datetime) -> _Turn:
    """Return the turn as a rule sees it for somebody: a run after its time reminds.

    People who were told are reminded by the clock, whether runs come or not.
    """
    if turn.edge or turn.told_at is None or rule.remind is None or turn.memory is None:
        return turn
    if isinstance(to, Person) and to.key in turn.memory.told:
        return replace(turn, why=f"{turn.why}; {_by_clock(rule)}")
    return replace(turn, edge=STILL) if now - turn.told_at >= rule.remind else turn


def _by_clock(rule: Rule) -> str:
    return f"reminded every {span(rule.remind)} while it is broken" if rule.remind else ""


def _with_reminder(one: _One, event: Event, rules: Rules, now: datetime) -> _One:
    """Find the rule by which a person who is told of a failure is reminded of it."""
    reason, tell = one
    if tell is None or not isinstance(tell.to, Person) or tell.edge not in (BROKE, STILL):
        return one
    first = (tell.rule,) if tell.rule else ()
    for rule in (*first, *rules.rules):
        named = (to for _, to in rules.told_by(rule, event, now))
        if rule.remind and not rule.mismatch(event) and tell.to in named:
            why = f"{reason.why}; {_by_clock(rule)}"
            return replace(reason, why=why), replace(tell, reminder=rule)
    return one


def _run(event: Event) -> str:
    if event.kind == ALARM:
        return "the alarm"
    return f"run {event.stamp[0]}" if event.numbered else "this run"


def _late(event: Event, memory: Memory) -> str:
    if memory.state == TOLD or event.stamp == memory.stamp:
        return "this was handled before"
    if not event.numbered:
        return f"{_run(event)} comes late: a newer one is known"
    if event.stamp[0] == memory.stamp[0]:
        return f"this result of run {event.stamp[0]} comes late: a newer one is known"
    return f"run {event.stamp[0]} comes late: run {memory.stamp[0]} is known"


def _silence(why: str) -> _Turn:
    return _Turn(edge="", why=why, memory=None)


def _reached(found: _Found, rules: Rules, known: Known, now: datetime) -> Iterator[_One]:
    """Let another be told where no SMS reaches somebody; without another it goes by e-mail."""
    told = {tell.to.key for _, tell in found if tell}
    for reason, tell in found:
        to = tell.to if tell else None
        why = known.desk(to.key).unreachable if isinstance(to, Person) else ""
        if tell is None or not isinstance(to, Person) or not why:
            yield reason, tell
            continue
        other = reached(to, tell.rule, rules, known=known, now=now)
        if other is None and rules.budget:
            yield reason, tell
            continue
        said = f"{other.name} is told instead" if other else "nobody is told instead"
        yield replace(reason, told=False, why=f"{reason.why}, but {why}: {said}"), None
        if other and other.key not in told:
            told.add(other.key)
            stands = f"stands in for {to.name}, who {why}"
            yield replace(reason, person=other.key, why=stands), replace(tell, to=other)


def _timed(one: _One, event: Event, rules: Rules, known: Known, now: datetime) -> _One:
    """Choose when and how a person is told; the reason says so."""
    reason, tell = one
    if tell is None or not isinstance(tell.to, Person):
        return one
    is_critical = tell.rule is not None and tell.rule.is_critical(event)
    desk = known.desk(tell.to.key)
    if desk.unreachable:
        by_mail = replace(tell, timing=Timing(by=MAIL), why=reason.why)
        return replace(reason, why=f"{reason.why}; {desk.unreachable}: by e-mail"), by_mail
    chosen = timing(
        tell.to, desk, about=event.key, is_critical=is_critical, joins=tell.joins, now=now
    )
    chosen = by_budget(chosen, rules.budget, known.spent, is_critical=is_critical)
    if chosen.why:
        reason = replace(reason, why=f"{reason.why}; {chosen.why}")
    return reason, replace(tell, timing=chosen, why=reason.why)


def _told_before(turn: _Turn, memory: Memory | None, rules: Rules) -> _Found:
    """Tell those that it is fixed who were told that it broke, whatever the rules say now."""
    if turn.edge != FIXED or memory is None:
        return []
    found: _Found = []
    for key in memory.told:
        to = rules.recipient(key)
        why = "was told that it broke" if to else "is not among the people any more"
        reason = Reason(rule="", person=key, told=to is not None, why=why)
        found.append((reason, Tell(to=to, edge=FIXED) if to else None))
    return found


def _by_rule(
    rule: Rule, event: Event, turn: _Turn, rules: Rules, *, now: datetime, before: _Found
) -> _Found:
    mismatch = rule.mismatch(event)
    if mismatch:
        return [(Reason(rule=rule.name, person="", told=False, why=mismatch), None)]
    told = {tell.to.key for _, tell in before if tell}
    found: _Found = []
    for named, to in rules.told_by(rule, event, now):
        key, tell = to.key if to else "author", None
        seen = _turn_for(to, rule, turn, now) if to else turn
        if to is None:
            why = f"the author {_author(event)} is not among the people"
        elif key in told:
            why = "is told already"
        elif not seen.edge:
            why = seen.why
        else:
            why, tell = named, Tell(to=to, edge=seen.edge, rule=rule)
            told.add(key)
        found.append((Reason(rule=rule.name, person=key, told=tell is not None, why=why), tell))
    return found


def _author(event: Event) -> str:
    known = (event.author.name, event.author.email, event.author.login)
    return " / ".join(text for text in known if text) or "(unknown)"


def _remembered(turn: _Turn, actions: tuple[Tell, ...], now: datetime) -> Memory | None:
    if turn.memory is None or (turn.edge == COMMITS and not actions):
        return None  # what told nobody and moved nothing is no state
    if turn.memory.state != FAILED or not actions:
        return turn.memory
    told = dict.fromkeys((*turn.memory.told, *(tell.to.key for tell in actions)))
    return replace(turn.memory, told=tuple(told), told_at=now)
