from dataclasses import replace

from notifier.chalicelib.desk import Open
from notifier.chalicelib.items import claiming, found_in, striking_out
from notifier.chalicelib.memory import Claim, Found, Memory, Notice
from notifier.chalicelib.page import Page
from tests.notifier.fakes import NOON, WAITS

MEMORY = Memory(
    state="failed",
    stamp=(812, 2),
    since=NOON,
    told=("ana", "ben"),
    told_at=NOON,
    failing="lint, test",
)
TEXT = Notice(entry="e1.0", recipient="ana", address="+12025550123", text="CI broke")
CLAIM = Claim(
    key="k",
    event_id="e1",
    seen=None,
    memory=MEMORY,
    owed=(TEXT,),
    decisions=("{}",),
    keep_until=NOON,
)
OWED = {
    "M": {
        "recipient": {"S": "ana"},
        "address": {"S": "+12025550123"},
        "text": {"S": "CI broke"},
    }
}
VALUES = {
    ":state": {"S": "failed"},
    ":stamp": {"S": "812.2"},
    ":since": {"S": "2026-11-22T12:00:00+00:00"},
    ":told": {"L": [{"S": "ana"}, {"S": "ben"}]},
    ":told_at": {"S": "2026-11-22T12:00:00+00:00"},
    ":failing": {"S": "lint, test"},
    ":decisions": {"L": [{"S": "{}"}]},
    ":expires_at": {"N": "1795348800"},
}
NAMES = {f"#{name[1:]}": name[1:] for name in VALUES}
SETS = "SET " + ", ".join(f"#{name[1:]} = {name}" for name in VALUES)


def test_a_first_claim_asks_that_nothing_is_there() -> None:
    assert claiming(CLAIM) == {
        "Key": {"id": {"S": "k"}},
        "UpdateExpression": f"{SETS}, #outbox = :outbox",
        "ConditionExpression": "attribute_not_exists(#stamp)",
        "ExpressionAttributeNames": {**NAMES, "#outbox": "outbox"},
        "ExpressionAttributeValues": {**VALUES, ":outbox": {"M": {"e1.0": OWED}}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_a_later_claim_asks_for_the_memory_that_was_seen_and_appends() -> None:
    assert claiming(replace(CLAIM, seen=replace(MEMORY, stamp=(811, 1)))) == {
        "Key": {"id": {"S": "k"}},
        "UpdateExpression": f"{SETS}, #outbox.#entry0 = :owed0",
        "ConditionExpression": "#stamp = :seen AND #told = :knew",
        "ExpressionAttributeNames": {**NAMES, "#outbox": "outbox", "#entry0": "e1.0"},
        "ExpressionAttributeValues": {
            **VALUES,
            ":seen": {"S": "811.1"},
            ":knew": VALUES[":told"],
            ":owed0": OWED,
        },
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_settling_strikes_out_one_text() -> None:
    assert striking_out("k", "e1.0") == {
        "Key": {"id": {"S": "k"}},
        "UpdateExpression": "REMOVE #outbox.#entry",
        "ConditionExpression": "attribute_exists(#outbox.#entry)",
        "ExpressionAttributeNames": {"#outbox": "outbox", "#entry": "e1.0"},
    }


def test_an_item_gives_back_the_memory_and_what_this_event_owes() -> None:
    item = {
        "id": {"S": "k"},
        "state": VALUES[":state"],
        "stamp": VALUES[":stamp"],
        "since": VALUES[":since"],
        "told": VALUES[":told"],
        "told_at": VALUES[":told_at"],
        "failing": VALUES[":failing"],
        "decisions": VALUES[":decisions"],
        "outbox": {"M": {"e1.0": OWED, "e12.0": OWED}},
    }
    assert found_in(item, "e1") == Found(memory=MEMORY, owed=(TEXT,), decisions=("{}",))


def test_nothing_remembered_is_nothing_found() -> None:
    assert found_in(None, "e1") == found_in({}, "e1") == Found(memory=None)


def test_a_later_claim_that_owes_nothing_names_no_outbox() -> None:
    claim = claiming(replace(CLAIM, seen=MEMORY, owed=()))
    assert claim["ExpressionAttributeNames"] == NAMES


def test_all_that_a_notice_brings_with_it_survives_the_outbox() -> None:
    waits = Open(
        entry="e1.0",
        due=NOON,
        told_at=NOON,
        about="k",
        page="0aZ3456789",
        link="https://n.example/m/0aZ3456789",
        rule="main is broken",
        step=2,
        label="tide-table CI",
        name="Ana Example",
    )
    page = Page(
        id="0aZ3456789",
        person="ana",
        text="t",
        title="",
        why="w",
        url="u",
        language="de",
        about="k",
        told_at=NOON.isoformat(),
    )
    reminder = replace(waits, entry="e1.0~r", reminds=True, is_critical=True)
    notice = replace(
        TEXT,
        subject="s",
        mail="m",
        attributes=(("person", "ana"),),
        cost=6450,
        parts=2,
        joins=True,
        held=replace(WAITS, is_critical=True),
        page=page,
        open=(waits, reminder),
    )
    values = claiming(replace(CLAIM, owed=(notice,)))["ExpressionAttributeValues"]
    item = {name.removeprefix(":"): value for name, value in values.items()}
    assert found_in(item, "e1").owed == (notice,)
