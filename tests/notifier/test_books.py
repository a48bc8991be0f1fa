from dataclasses import replace

from notifier.chalicelib.books import clearing, known_in, leasing, settling, spend_key
from notifier.chalicelib.desk import Desk, Known
from notifier.chalicelib.items import held_as, striking_out
from notifier.chalicelib.memory import Notice, Settled
from tests.notifier.fakes import NOON, TO_A_TOPIC, WAITS

SMS = Notice(
    entry="e1.0", recipient="ana", address="+12025550123", text="CI broke", cost=6450, joins=True
)
DESK = Desk(person="ana")
SETTLED = Settled(key="k", notice=SMS, desk=DESK, at=NOON)
STRUCK = striking_out("k", "e1.0")


def test_a_sent_sms_is_struck_out_and_booked_for_the_person_the_day_and_the_month() -> None:
    struck, desk, spend = settling(SETTLED)
    assert struck == STRUCK
    assert desk["Key"] == {"id": {"S": "person#ana"}}
    assert spend == {
        "Key": {"id": {"S": "spend#2026-11"}},
        "UpdateExpression": "ADD #total :cost, #day :cost, #parts :parts SET #expires = :expires",
        "ExpressionAttributeNames": {
            "#total": "total",
            "#day": "ana#22",
            "#parts": "ana#22#parts",
            "#expires": "expires_at",
        },
        "ExpressionAttributeValues": {
            ":cost": {"N": "6450"},
            ":parts": {"N": "1"},
            ":expires": {"N": "1829908800"},
        },
    }


def test_what_waits_is_struck_out_and_laid_on_the_desk_and_costs_nothing() -> None:
    struck, desk = settling(replace(SETTLED, notice=replace(SMS, held=WAITS)))
    assert struck == STRUCK
    assert desk["ExpressionAttributeNames"]["#n0"] == "held:e1.0"
    assert desk["ExpressionAttributeValues"][":v0"] == held_as(WAITS)


def test_what_a_topic_was_told_is_struck_out_only() -> None:
    assert settling(replace(SETTLED, notice=TO_A_TOPIC)) == [STRUCK]


def test_a_desk_and_the_spending_are_read_back() -> None:
    desk = {
        "id": {"S": "person#ana"},
        "opened_at": {"S": NOON.isoformat()},
        "recent": {"L": [{"S": NOON.isoformat()}]},
        "held:e1.0": held_as(WAITS),
        "expires_at": {"N": "1"},
    }
    spend = {"id": {"S": spend_key(NOON)}, "total": {"N": "6450"}, "ana#22": {"N": "6450"}}
    assert known_in([spend, desk]) == Known(
        desks=(Desk(person="ana", opened_at=NOON, recent=(NOON,), held=(WAITS,)),), spent=6450
    )


def test_a_lease_asks_that_the_message_waits_and_nobody_else_sends_it() -> None:
    lease = leasing("ana", "l1", WAITS, NOON)
    assert lease["ConditionExpression"] == (
        "attribute_exists(#first) AND (attribute_not_exists(#sending) OR #sending_at < :dead)"
    )
    assert lease["ExpressionAttributeValues"][":dead"] == {"S": "2026-11-22T11:58:00+00:00"}


def test_clearing_takes_away_what_was_told_and_nothing_else() -> None:
    desk, spend = clearing(DESK, "l1", (WAITS,), SMS, NOON)
    assert desk["UpdateExpression"].startswith("REMOVE #g0, #g1, #g2 SET ")
    assert desk["ExpressionAttributeNames"]["#g2"] == "held:e1.0"
    assert desk["ConditionExpression"] == "#g0 = :lease"
    assert spend["ExpressionAttributeValues"][":cost"] == {"N": "6450"}


def test_clearing_without_a_message_costs_nothing() -> None:
    (desk,) = clearing(DESK, "l1", (WAITS,), None, NOON)
    assert "SET" not in desk["UpdateExpression"]
