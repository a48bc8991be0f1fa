from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notifier.chalicelib.decide import (
    BROKE,
    COMMITS,
    FIXED,
    STILL,
    Decision,
    Reason,
    Tell,
    decide,
)
from notifier.chalicelib.desk import Desk, Known
from notifier.chalicelib.event import ALARM, FAILED, NEUTRAL, OK, Author, Event
from notifier.chalicelib.memory import TOLD, Memory
from notifier.chalicelib.rota import Rota
from notifier.chalicelib.rules import Rule, Rules
from notifier.chalicelib.timing import AT_ONCE
from tests.notifier.fakes import (
    ANA,
    BEN,
    BROKEN_MAIN,
    BUILDS,
    COMMITS_ON_MAIN,
    NOON,
    PUSHED,
    RULES,
    RUN,
    WAITS,
    run,
)

NOT_A_PUSH = Reason(
    rule="commits on main",
    person="",
    told=False,
    why="the kind is 'pipeline', the rule wants push",
)


def remembered(state: str, number: int, attempt: int = 1, told: tuple[str, ...] = ()) -> Memory:
    return Memory(state=state, stamp=(number, attempt), since=NOON, told=told)


def decided(event: Event, memory: Memory | None = None) -> Decision:
    return decide(event, memory, RULES, now=NOON)


def told(decision: Decision) -> list[tuple[str, str]]:
    return [(tell.edge, tell.to.key) for tell in decision.actions]


def test_a_first_failure_tells_and_says_why() -> None:
    why = "run 812 failed; before, it was not known"
    assert decided(RUN) == Decision(
        edge=BROKE,
        why=why,
        actions=(
            Tell(to=ANA, edge=BROKE, rule=RULES.rules[0], why="is named by 'author'"),
            Tell(to=BEN, edge=BROKE, rule=RULES.rules[0], why="is named by 'on-call'"),
        ),
        reasons=(
            Reason(rule="main is broken", person="ana", told=True, why="is named by 'author'"),
            Reason(rule="main is broken", person="ben", told=True, why="is named by 'on-call'"),
            NOT_A_PUSH,
        ),
        memory=Memory(state=FAILED, stamp=(812, 1), since=NOON, told=("ana", "ben"), told_at=NOON),
    )


def test_a_failure_after_a_success_tells() -> None:
    assert told(decided(run(2), remembered(OK, 1))) == [(BROKE, "ana"), (BROKE, "ben")]


def test_what_stays_broken_is_silent_and_says_since_when_and_who_knows() -> None:
    decision = decided(run(813), remembered(FAILED, 812, told=("ana", "ben")))
    why = "run 813: still failed since 2026-11-22 12:00 UTC; told: ana, ben"
    assert decision == Decision(
        edge="",
        why=why,
        actions=(),
        reasons=(
            Reason(rule="main is broken", person="ana", told=False, why=why),
            Reason(rule="main is broken", person="ben", told=False, why=why),
            NOT_A_PUSH,
        ),
        memory=remembered(FAILED, 813, told=("ana", "ben")),
    )


def test_fixed_is_told_to_those_who_were_told_and_to_nobody_else() -> None:
    decision = decided(run(813, OK), remembered(FAILED, 812, told=("ben",)))
    assert told(decision) == [(FIXED, "ben")]
    assert decision.reasons[0] == Reason(
        rule="", person="ben", told=True, why="was told that it broke"
    )
    assert decision.memory == remembered(OK, 813)


def test_fixed_is_not_told_to_who_left() -> None:
    decision = decided(run(813, OK), remembered(FAILED, 812, told=("cleo",)))
    assert told(decision) == []
    assert decision.reasons[0].why == "is not among the people any more"


def test_a_rule_that_asks_for_ok_is_told_of_the_fix_once() -> None:
    asks = Rule(name="green again", kinds=("pipeline",), outcomes=(OK,), tell=("ben", "ana"))
    rules = replace(RULES, rules=(asks,))
    decision = decide(run(2, OK), remembered(FAILED, 1, told=("ana",)), rules, now=NOON)
    assert told(decision) == [(FIXED, "ana"), (FIXED, "ben")]


@pytest.mark.parametrize("memory", [None, remembered(OK, 811)])
def test_a_success_that_fixes_nothing_is_silent_and_remembered(memory: Memory | None) -> None:
    decision = decided(run(812, OK), memory)
    assert (decision.actions, decision.edge) == ((), "")
    assert decision.memory is not None
    assert decision.memory.stamp == (812, 1)


@pytest.mark.parametrize("state", [OK, FAILED])
@pytest.mark.parametrize("outcome", [OK, FAILED])
@pytest.mark.parametrize("stamp", [(811, 3), (812, 1), (812, 2)])
def test_what_is_not_newer_changes_nothing(
    state: str, outcome: str, stamp: tuple[int, int]
) -> None:
    decision = decided(run(stamp[0], outcome, stamp[1]), remembered(state, 812, 2, told=("ana",)))
    assert (decision.actions, decision.memory) == ((), None)


def test_a_rerun_of_the_newest_moves_the_state() -> None:
    decision = decided(run(812, OK, attempt=2), remembered(FAILED, 812, told=("ana",)))
    assert told(decision) == [(FIXED, "ana")]


def test_a_cancelled_run_never_moves_the_state() -> None:
    event = run(813, NEUTRAL)._replace(conclusion="cancelled")
    decision = decided(event, remembered(FAILED, 812, told=("ana",)))
    assert (decision.actions, decision.memory) == ((), None)
    assert decision.why == "a run that ended as cancelled says nothing about the code"


def test_a_fork_never_tells_anybody() -> None:
    decision = decided(RUN._replace(fork=True))
    assert (decision.actions, decision.memory) == ((), None)


def test_an_author_who_is_not_among_the_people_is_named_in_the_reason() -> None:
    decision = decided(RUN._replace(author=Author(name="Cleo", email="cleo@example.org")))
    assert told(decision) == [(BROKE, "ben")]
    assert decision.reasons[0] == Reason(
        rule="main is broken",
        person="author",
        told=False,
        why="the author Cleo / cleo@example.org is not among the people",
    )


def test_whom_two_rules_name_is_told_once() -> None:
    twice = replace(RULES, rules=(*RULES.rules, replace(RULES.rules[0], name="again")))
    decision = decide(RUN, None, twice, now=NOON)
    assert told(decision) == [(BROKE, "ana"), (BROKE, "ben")]
    assert [r.why for r in decision.reasons if r.rule == "again"] == ["is told already"] * 2


def test_a_push_tells_once_for_all_its_commits() -> None:
    decision = decided(PUSHED)
    assert told(decision) == [(COMMITS, "ana")]
    assert decision.memory == Memory(state=TOLD, stamp=(0, 0), since=NOON)


def test_a_push_that_was_handled_tells_nobody() -> None:
    decision = decided(PUSHED, Memory(state=TOLD, stamp=(0, 0), since=NOON))
    assert (decision.actions, decision.memory) == ((), None)


def test_a_push_that_tells_nobody_is_not_remembered() -> None:
    rules = replace(RULES, rules=(replace(COMMITS_ON_MAIN, branches=("release/*",)),))
    assert decide(PUSHED, None, rules, now=NOON).memory is None


def reminding(after: timedelta, *tell: str) -> Rules:
    rule = replace(RULES.rules[0], remind=after, tell=tell or RULES.rules[0].tell)
    return replace(RULES, topics=(BUILDS,), rules=(rule,))


def test_who_was_told_is_reminded_by_the_clock_and_not_by_a_run() -> None:
    memory = replace(remembered(FAILED, 812, told=("ana", "ben")), told_at=NOON)
    now = NOON + timedelta(hours=9)
    decision = decide(run(813), memory, reminding(timedelta(hours=4)), now=now)
    assert decision.actions == ()
    assert [reason.why for reason in decision.reasons] == [
        f"{decision.why}; reminded every 4h while it is broken"
    ] * 2


def test_a_failure_says_by_which_rule_its_reader_is_reminded_and_when() -> None:
    decision = decide(RUN, None, reminding(timedelta(minutes=90), "ana", "builds"), now=NOON)
    assert [tell.reminder and tell.reminder.name for tell in decision.actions] == [
        "main is broken",
        None,
    ]
    assert [reason.why for reason in decision.reasons] == [
        "is named by 'ana'; reminded every 1h 30m while it is broken",
        "is named by 'builds'",
    ]


def test_what_is_fixed_has_no_reminder() -> None:
    always = replace(reminding(timedelta(hours=4)).rules[0], outcomes=("*",))
    rules = replace(RULES, rules=(always,))
    decision = decide(run(813, OK), remembered(FAILED, 812, told=("ana",)), rules, now=NOON)
    assert [(tell.to.key, tell.edge, tell.reminder) for tell in decision.actions] == [
        ("ana", FIXED, None),
        ("ben", FIXED, None),
    ]


def test_a_later_rule_reminds_whom_an_earlier_one_tells() -> None:
    second = replace(RULES.rules[0], name="remind", remind=timedelta(hours=4), tell=("ana",))
    rules = replace(RULES, rules=(RULES.rules[0], second))
    reminders = {tell.to.key: tell.reminder for tell in decide(RUN, None, rules, now=NOON).actions}
    assert reminders == {"ana": second, "ben": None}


@pytest.mark.parametrize(("hours", "told_again"), [(3, []), (4, ["builds", "ben"])])
def test_a_topic_and_who_was_not_told_are_reminded_by_a_run_after_the_rules_time(
    hours: int, told_again: list[str]
) -> None:
    memory = replace(remembered(FAILED, 812, told=("ana", "builds")), told_at=NOON)
    now = NOON + timedelta(hours=hours)
    rules = reminding(timedelta(hours=4), "ana", "builds", "ben")
    decision = decide(run(813), memory, rules, now=now)
    assert [(tell.edge, tell.to.key) for tell in decision.actions] == [
        (STILL, key) for key in told_again
    ]
    assert decision.memory is not None
    assert decision.memory.told_at == (now if told_again else NOON)


def test_a_topic_is_not_reminded_again_until_its_time_is_over_again() -> None:
    rules = reminding(timedelta(hours=4), "builds")
    memory, now = decide(RUN, None, rules, now=NOON).memory, NOON
    told_at = []
    for number in range(813, 823):
        now += timedelta(hours=1)
        decision = decide(run(number), memory, rules, now=now)
        memory = decision.memory
        told_at += [number] if decision.actions else []
    assert told_at == [816, 820]


def test_what_is_fixed_is_not_told_before_that_it_broke() -> None:
    waits = replace(WAITS, until=NOON)
    known = Known(desks=(Desk(person="ana", held=(waits,)),))
    memory = remembered(FAILED, 812, told=("ana",))
    later = NOON + timedelta(seconds=30)
    (tell,) = decide(run(813, OK), memory, RULES, now=later, known=known).actions
    assert (tell.edge, tell.timing.until) == (FIXED, NOON)
    assert tell.why.endswith("an earlier message about it waits: joins it")


def test_when_another_job_fails_too_it_is_told_at_once() -> None:
    memory = replace(remembered(FAILED, 812, told=("ben",)), told_at=NOON, failing="lint, test")
    decision = decided(run(813)._replace(failing="deploy, test"), memory)
    assert told(decision) == [(STILL, "ana"), (STILL, "ben")]
    assert decision.why.endswith("; told: ben; deploy fails too now")
    assert decision.memory is not None
    assert (decision.memory.failing, decision.memory.told) == ("deploy, test", ("ben", "ana"))


def test_without_reminders_who_was_not_told_is_not_told_by_a_later_run_either() -> None:
    memory = replace(remembered(FAILED, 812, told=("ana",)), told_at=NOON)
    decision = decide(run(813), memory, RULES, now=NOON + timedelta(hours=9))
    why = "run 813: still failed since 2026-11-22 12:00 UTC; told: ana"
    assert [reason.why for reason in decision.reasons[:2]] == [why, why]
    untold = decided(run(813), remembered(FAILED, 812))
    assert untold.why == "run 813: still failed since 2026-11-22 12:00 UTC"


def test_another_job_that_fails_too_is_told_with_its_own_reason() -> None:
    memory = replace(remembered(FAILED, 812, told=("ana",)), told_at=NOON, failing="lint")
    event = run(813)._replace(failing="lint, test")
    decision = decide(event, memory, reminding(timedelta(hours=4), "ana"), now=NOON)
    assert [reason.why for reason in decision.reasons] == [
        "is named by 'ana'; reminded every 4h while it is broken"
    ]


def test_a_failure_that_named_no_job_is_not_joined_by_one() -> None:
    memory = remembered(FAILED, 812, told=("ana", "ben"))
    assert decided(run(813)._replace(failing="lint"), memory).actions == ()


def test_when_a_job_stops_failing_it_is_silent() -> None:
    memory = replace(remembered(FAILED, 812, told=("ben",)), failing="lint, test")
    assert decided(run(813)._replace(failing="test"), memory).actions == ()


def test_who_is_on_duty_is_told_and_the_reason_says_so() -> None:
    rota = Rota(key="week", people=("ana", "ben"), start=datetime(2026, 11, 16, tzinfo=UTC))
    rule = replace(RULES.rules[0], tell=("week",))
    rules = replace(RULES, rotas=(rota,), rules=(rule,))
    decision = decide(RUN, None, rules, now=NOON + timedelta(days=1))
    assert told(decision) == [(BROKE, "ben")]
    assert decision.reasons[0].why == "is on duty in 'week'"


def test_an_alarm_has_a_state_as_a_pipeline_has() -> None:
    alarm = run(1795341723000)._replace(kind=ALARM, numbered=False)
    rules = replace(RULES, rules=(replace(BROKEN_MAIN, kinds=(ALARM,)),))
    broke = decide(alarm, None, rules, now=NOON)
    assert (broke.edge, broke.why) == (BROKE, "the alarm failed; before, it was not known")
    calm = alarm._replace(outcome=OK, stamp=(1795341724000, 0))
    assert decide(calm, broke.memory, rules, now=NOON).edge == FIXED
    assert decide(alarm, broke.memory, rules, now=NOON).why == "this was handled before"


def test_a_late_result_without_a_number_says_so() -> None:
    late = run(811)._replace(numbered=False)
    decision = decide(late, remembered(OK, 812), RULES, now=NOON)
    assert decision.why == "this run comes late: a newer one is known"


def test_the_reason_says_that_somebody_is_told_later_and_why() -> None:
    known = Known(desks=(Desk(person="ana", opened_at=NOON),))
    decision = decide(RUN, None, RULES, now=NOON + timedelta(minutes=1), known=known)
    assert [tell.timing.until for tell in decision.actions] == [NOON + timedelta(minutes=2), None]
    assert decision.reasons[0].why == (
        "is named by 'author'; was told of another at 2026-11-22 12:00:00 UTC: joins a bundle"
    )


@pytest.mark.parametrize(
    ("rule", "event"),
    [
        (replace(RULES.rules[0], severity="critical"), RUN),
        (RULES.rules[0], RUN._replace(severity="critical")),
    ],
)
def test_what_is_critical_by_its_rule_or_by_itself_waits_for_nobody(
    rule: Rule, event: Event
) -> None:
    known = Known(desks=(Desk(person="ana", opened_at=NOON),))
    decision = decide(event, None, replace(RULES, rules=(rule,)), now=NOON, known=known)
    assert [tell.timing for tell in decision.actions] == [AT_ONCE, AT_ONCE]
