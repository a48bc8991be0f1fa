from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.decide import Reason
from notifier.chalicelib.dispatch import TRIES, Receipt, dispatch
from notifier.chalicelib.errors import AwsFailed, Contended
from notifier.chalicelib.event import FAILED, NEUTRAL, OK, Accepted, Author, Event
from notifier.chalicelib.items import found_in
from notifier.chalicelib.money import Budget
from notifier.chalicelib.record import from_text
from tests.notifier.fakes import (
    ANA,
    BEN,
    BUILDS,
    NOON,
    PUSHED,
    RULES,
    RUN,
    TO_A_TOPIC,
    InMemoryLedger,
    Network,
    run,
)


class World:
    """A ledger, a phone network, and dispatches that end as they end."""

    def __init__(self) -> None:
        self.ledger = InMemoryLedger()
        self.network = Network()
        self.rules = RULES
        self.now = NOON

    def dispatch(self, event: Event, event_id: str = "") -> Receipt:
        event_id = event_id or f"id-{event.stamp}-{event.outcome}"
        self.now += timedelta(hours=1)
        return dispatch(
            Accepted(id=event_id, event=event),
            rules=self.rules,
            ledger=self.ledger,
            send=self.network.send,
            now=self.now,
        )


@pytest.fixture
def world() -> World:
    return World()


def test_a_failure_is_told_and_nothing_stays_owed(world: World) -> None:
    receipt = world.dispatch(RUN)
    assert (receipt.result, len(receipt.sent)) == ("told", 2)
    assert world.network.told() == [("ana", "CI broke"), ("ben", "CI broke")]
    assert world.ledger.owed() == 0


def test_the_same_event_again_tells_nobody(world: World) -> None:
    world.dispatch(RUN, "one")
    assert world.dispatch(RUN, "one").result == "silent"
    assert world.dispatch(RUN, "two").result == "silent"
    assert len(world.network.taken) == 2


def test_broken_then_fixed_tells_the_same_people(world: World) -> None:
    world.dispatch(RUN)
    world.dispatch(run(813, OK))
    assert world.network.told()[2:] == [("ana", "CI fixed"), ("ben", "CI fixed")]


def test_one_phone_that_fails_keeps_no_other_from_being_told(world: World) -> None:
    world.network.refused = {ANA.phone}
    with pytest.raises(AwsFailed):
        world.dispatch(RUN)
    assert world.network.told() == [("ben", "CI broke")]


def test_what_is_still_owed_is_sent_at_the_next_try_and_nothing_else(world: World) -> None:
    world.network.refused = {ANA.phone}
    with pytest.raises(AwsFailed):
        world.dispatch(RUN)
    world.network.refused = set()
    assert world.dispatch(RUN).result == "resumed"
    assert world.network.told() == [("ben", "CI broke"), ("ana", "CI broke")]
    assert world.ledger.owed() == 0


def test_an_owed_text_survives_a_newer_event(world: World) -> None:
    world.network.refused = {ANA.phone}
    with pytest.raises(AwsFailed):
        world.dispatch(RUN)
    world.network.refused = set()
    world.dispatch(run(813, OK))
    world.dispatch(RUN)
    assert Counter(world.network.told()) == Counter(
        [("ana", "CI broke"), ("ben", "CI broke"), ("ana", "CI fixed"), ("ben", "CI fixed")]
    )


def test_a_push_is_told_once_however_often_it_comes(world: World) -> None:
    world.dispatch(PUSHED, "one")
    assert world.dispatch(PUSHED, "two") == Receipt(
        result="silent", why="this was handled before", sent=()
    )
    assert world.network.told() == [("ana", "3 commits")]


@pytest.mark.parametrize(("event", "days"), [(PUSHED, 30), (RUN, 180)])
def test_a_delivery_is_remembered_for_a_month_and_a_pipeline_for_half_a_year(
    world: World, event: Event, days: int
) -> None:
    world.dispatch(event)
    expires = int(world.ledger.items[event.key]["expires_at"]["N"])
    assert expires == int((world.now + timedelta(days=days)).timestamp())


def test_a_push_that_was_not_sent_is_sent_at_the_next_try(world: World) -> None:
    world.network.refused = {ANA.phone}
    with pytest.raises(AwsFailed):
        world.dispatch(PUSHED, "one")
    world.network.refused = set()
    assert world.dispatch(PUSHED, "one").result == "resumed"
    assert world.network.told() == [("ana", "3 commits")]


def test_two_failures_at_the_same_time_tell_once(world: World) -> None:
    world.ledger.before_claim = lambda: world.dispatch(run(811)) and None
    receipt = world.dispatch(run(812))
    assert receipt.result == "silent"
    assert len(world.network.taken) == 2


def test_a_newer_result_that_comes_in_between_wins(world: World) -> None:
    world.ledger.before_claim = lambda: world.dispatch(run(813, OK)) and None
    assert world.dispatch(run(812)).result == "silent"
    assert world.network.taken == []


def test_who_is_always_outrun_hands_the_event_back(world: World) -> None:
    numbers = iter(range(1, 100))

    def outrun() -> None:
        number = next(numbers)
        world.dispatch(run(number, FAILED if number % 2 else OK))
        world.ledger.before_claim = outrun

    world.ledger.before_claim = outrun
    with pytest.raises(Contended):
        world.dispatch(run(1000))
    assert next(numbers) == TRIES + 1


RESULTS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 2), st.sampled_from([OK, FAILED, NEUTRAL])),
    max_size=12,
    unique_by=lambda result: result[:2],
)


@given(RESULTS, st.randoms(use_true_random=False), st.data())
def test_any_order_and_any_repetition_end_at_the_newest_result(
    results: list[tuple[int, int, str]], random: object, data: st.DataObject
) -> None:
    world = World()
    events = [run(number, outcome, attempt) for number, attempt, outcome in results]
    arrivals = data.draw(st.permutations(events * 2))
    for event in arrivals:
        world.dispatch(event)
    counted = [event for event in events if event.outcome != NEUTRAL]
    if not counted:
        assert world.ledger.memory_of(RUN.key) is None
        return
    newest = max(counted, key=lambda event: event.stamp)
    found = world.ledger.memory_of(RUN.key)
    assert found is not None
    assert (found.state, found.stamp) == (newest.outcome, newest.stamp)
    assert len(world.network.taken) <= 2 * len(counted)


@given(st.lists(st.sampled_from([OK, FAILED, NEUTRAL]), max_size=10), st.data())
def test_whatever_fails_each_edge_is_told_exactly_once(
    outcomes: list[str], data: st.DataObject
) -> None:
    calm, stormy = World(), World()
    for number, outcome in enumerate(outcomes, 1):
        calm.dispatch(run(number, outcome))
        stormy.network.refused = data.draw(st.sets(st.sampled_from([ANA.phone, "+447700900187"])))
        try:
            stormy.dispatch(run(number, outcome))
        except AwsFailed:
            stormy.network.refused = set()
            stormy.dispatch(run(number, outcome))
    assert Counter(stormy.network.told()) == Counter(calm.network.told())
    assert stormy.ledger.owed() == 0


def test_a_fork_leaves_no_trace(world: World) -> None:
    assert world.dispatch(RUN._replace(fork=True)).result == "silent"
    assert world.ledger.memory_of(RUN.key) is None


def test_the_last_decisions_are_kept_also_those_that_change_nothing(world: World) -> None:
    for event in (run(1, OK), run(1, OK), run(2)._replace(fork=True), run(2)):
        world.dispatch(event)
    kept = [from_text(text) for text in found_in(world.ledger.items[RUN.key], "").decisions]
    assert [(record.edge, record.why) for record in kept] == [
        ("", "this was handled before"),
        ("", "a run of a fork's pull request never tells anybody"),
        ("broke", "run 2 failed; before, it was ok"),
    ]
    assert kept[2].reasons[0] == Reason(
        rule="main is broken", person="ana", told=True, why="is named by 'author'"
    )


def test_why_somebody_was_told_is_kept_however_often_it_comes_again(world: World) -> None:
    for event in (PUSHED, PUSHED, PUSHED, PUSHED):
        world.dispatch(event)
    kept = [from_text(text) for text in found_in(world.ledger.items[PUSHED.key], "").decisions]
    assert [record.edge for record in kept] == ["commits", "", ""]
    for event in (run(1), run(2, OK), run(2, OK), run(3, OK), run(3, OK)):
        world.dispatch(event)
    kept = [from_text(text) for text in found_in(world.ledger.items[RUN.key], "").decisions]
    assert [record.edge for record in kept] == ["fixed", "", ""]


def test_what_no_rule_asks_for_is_kept_as_silent(world: World) -> None:
    event = run(1, branch="feature")
    assert world.dispatch(event).result == "silent"
    (text,) = found_in(world.ledger.items[event.key], "").decisions
    kept = from_text(text)
    assert (kept.edge, kept.why) == ("", "run 1 failed; before, it was not known")


def test_each_is_told_in_their_own_language(world: World) -> None:
    german = replace(BEN, language="de")
    world.rules = replace(RULES, people=(ANA, german))
    world.dispatch(RUN)
    assert world.network.told() == [("ana", "CI broke"), ("ben", "CI kaputt")]


def test_a_topic_is_told_more_than_a_phone(world: World) -> None:
    world.rules = replace(
        RULES, topics=(BUILDS,), rules=(replace(RULES.rules[0], tell=("builds", "ana")),)
    )
    world.dispatch(RUN._replace(url="https://x.example/1", failing="lint, test"))
    notice, sms = world.network.taken
    assert notice == replace(TO_A_TOPIC, entry=notice.entry, text=sms.text)
    assert (sms.subject, sms.mail, sms.attributes) == ("", "", ())
    world.dispatch(run(813, OK))
    assert [it.recipient for it in world.network.taken[2:]] == ["builds", "ana"]


def test_a_storm_is_told_at_once_and_the_rest_waits_for_one_bundle(world: World) -> None:
    for number in range(5):
        world.now = NOON + timedelta(seconds=number) - timedelta(hours=1)
        event = RUN._replace(key=f"p{number}", workflow=f"w{number}", stamp=(number, 1))
        assert world.dispatch(event).result == ("told" if number == 0 else "held")
    assert world.network.told() == [("ana", "w0 broke"), ("ben", "w0 broke")]
    assert [held.label for held in world.ledger.of["ana"].held] == [
        f"tide-table w{number}" for number in range(1, 5)
    ]
    assert world.ledger.owed() == 0


def test_what_waits_is_not_overtaken_by_a_fix_that_another_commits(world: World) -> None:
    world.dispatch(run(1, key="a"))
    world.now -= timedelta(minutes=59)
    assert world.dispatch(run(2, key="b")).result == "held"
    world.now -= timedelta(minutes=59, seconds=30)
    fixed = run(3, OK, key="b", author=Author(name="Ben Example", email=BEN.email))
    assert world.dispatch(fixed).result == "held"
    assert [it.edge for it in world.ledger.of["ana"].held] == ["broke", "fixed"]


def test_what_waits_is_laid_on_the_desk_once_however_often_it_comes(world: World) -> None:
    world.dispatch(RUN)
    world.now -= timedelta(hours=1)
    other = RUN._replace(key="other", stamp=(9, 1))
    world.dispatch(other, "two")
    world.now -= timedelta(hours=1)
    world.dispatch(other, "two")
    assert len(world.ledger.of["ana"].held) == 1


def test_the_last_sms_of_the_months_budget_says_so_and_then_mails_are_sent(world: World) -> None:
    budget = Budget(month=100, mail="builds", prices=(("+", 30),))
    rule = replace(RULES.rules[0], tell=("ana",), severity="critical")
    world.rules = replace(RULES, topics=(BUILDS,), budget=budget, rules=(rule,))
    for number in range(5):
        world.dispatch(RUN._replace(key=f"p{number}", url=""))
    assert [it.is_sms for it in world.network.taken] == [True] * 4 + [False]
    note = "Budget spent: from now on by e-mail."
    said = [it.text.endswith(note) for it in world.network.taken]
    assert said == [False] * 3 + [True, False]
    assert world.ledger.spent == 120
    assert dict(world.network.taken[4].attributes)["person"] == "ana"
