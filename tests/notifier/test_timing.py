from dataclasses import replace
from datetime import time, timedelta

import pytest

from notifier.chalicelib.desk import Desk
from notifier.chalicelib.money import Budget
from notifier.chalicelib.quiet import Quiet
from notifier.chalicelib.timing import AT_ONCE, BUNDLE, MAIL, Timing, by_budget, timing
from tests.notifier.fakes import ANA, NOON

EMPTY = Desk(person="ana")
JUST_TOLD = replace(EMPTY, opened_at=NOON - timedelta(seconds=30))
SLEEPING = replace(ANA, quiet=Quiet(start=time(11), end=time(13)))
BUDGET = Budget(month=100, mail="mails")


def chosen(desk: Desk = EMPTY, **changes: bool) -> Timing:
    options = {"is_critical": False, "joins": True} | changes
    return timing(ANA, desk, about="p", now=NOON, **options)


def test_nothing_in_the_way_is_told_at_once() -> None:
    assert chosen() == AT_ONCE


def test_what_follows_within_two_minutes_joins_a_bundle() -> None:
    assert chosen(JUST_TOLD) == Timing(
        until=NOON + timedelta(seconds=90),
        why="was told of another at 2026-11-22 11:59:30 UTC: joins a bundle",
    )
    assert chosen(replace(JUST_TOLD, opened_at=NOON - BUNDLE)) == AT_ONCE


def test_a_push_joins_no_bundle() -> None:
    assert chosen(JUST_TOLD, joins=False) == AT_ONCE


def test_in_quiet_hours_it_waits_for_their_end() -> None:
    assert timing(SLEEPING, EMPTY, about="p", is_critical=False, joins=False, now=NOON) == Timing(
        until=NOON + timedelta(hours=1),
        why="quiet hours until 2026-11-22 13:00:00 UTC: waits for the digest",
    )


def test_after_too_many_in_an_hour_it_waits_until_the_first_is_an_hour_old() -> None:
    times = tuple(NOON - timedelta(minutes=minutes) for minutes in (65, 50, 40, 30))
    person = replace(ANA, hourly=3)
    found = timing(
        person, replace(EMPTY, recent=times), is_critical=False, about="p", joins=True, now=NOON
    )
    assert found == Timing(
        until=NOON + timedelta(minutes=10), why="had 3 SMS within an hour: waits"
    )


@pytest.mark.parametrize(
    "desk",
    [JUST_TOLD, replace(EMPTY, recent=(NOON - timedelta(minutes=1),))],
    ids=["a bundle", "an hour with too many"],
)
def test_what_would_be_due_in_quiet_hours_waits_for_their_end_too(desk: Desk) -> None:
    start = (NOON + timedelta(minutes=1)).time()
    person = replace(ANA, hourly=1, quiet=Quiet(start=start, end=time(20)))
    found = timing(person, desk, about="p", is_critical=False, joins=True, now=NOON)
    assert found.until == NOON + timedelta(hours=8)
    assert found.why.endswith("; then quiet hours until 2026-11-22 20:00:00 UTC")


def test_what_is_critical_waits_for_nothing() -> None:
    busy = replace(JUST_TOLD, recent=(NOON,) * 50)
    assert timing(SLEEPING, busy, is_critical=True, about="p", joins=True, now=NOON) == AT_ONCE


@pytest.mark.parametrize(
    ("spent", "is_critical", "by_mail"),
    [(79, False, False), (80, False, True), (80, True, False), (100, True, True)],
)
def test_the_budget_moves_messages_to_mail(spent: int, is_critical: bool, by_mail: bool) -> None:
    found = by_budget(AT_ONCE, BUDGET, spent, is_critical=is_critical)
    assert (found.by == MAIL) == by_mail


def test_without_a_budget_nothing_moves() -> None:
    assert by_budget(AT_ONCE, None, 10**12, is_critical=False) == AT_ONCE
