"""Write desks and the month's spending as DynamoDB items, and read them back.

Pure: it makes and reads the parameters; `table` makes the calls. One item per person and per month:

    id          person#ana
    opened_at   ISO 8601, UTC       recent    times of the SMS of the last hour
    held:ENTRY  {at, until, edge, about, label, text}: waits for the digest or a bundle
    unreachable why no SMS reaches them, where the doctor found that out
    open:ENTRY  {due, about, page, link, rule, …}: waits for an answer, or for a reminder
    sending     which bundle is being sent, since `sending_at`

    id          spend#2026-11
    total       millionths of a dollar, of everybody
    ana#22      those of a person and day         ana#22#parts  how many parts
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from .desk import Desk, Held, Known, Open, Step
from .event import FAILED
from .items import found_in, held_as, held_in, open_as, open_in, people_as, striking_out
from .memory import Memory, Notice, Settled
from .page import Page
from .page_items import Item, key_of, page_key, putting

LEASE = timedelta(minutes=2)  # after that, who was sending a bundle is taken for dead
_KEEP_DESK = timedelta(days=40)
_KEEP_SPEND = timedelta(days=400)
_HELD = "held:"
_OPEN = "open:"
_UNREACHABLE = "unreachable"
_TAKEN = "taken_at"


def desk_key(person: str) -> str:
    """Name a person's desk."""
    return f"person#{person}"


def spend_key(now: datetime) -> str:
    """Name a month's spending (UTC)."""
    return f"spend#{now:%Y-%m}"


def keys_to_read(people: Iterable[str], now: datetime, *more: str) -> list[Item]:
    """Return the primary keys of all that one batch reads."""
    return [key_of(key) for key in (*more, spend_key(now), *map(desk_key, people))]


def known_in(items: Iterable[Item]) -> Known:
    """Read desks and spending out of a batch."""
    desks, spent = [], 0
    for item in items:
        kind, _, name = item["id"]["S"].partition("#")
        if kind == "person":
            desks.append(_desk(name, item))
        elif kind == "spend":
            spent = int(item.get("total", {"N": "0"})["N"])
    return Known(desks=tuple(desks), spent=spent)


def _desk(person: str, item: Item) -> Desk:
    opened = item.get("opened_at", {}).get("S")
    return Desk(
        person=person,
        opened_at=datetime.fromisoformat(opened) if opened else None,
        recent=tuple(datetime.fromisoformat(at["S"]) for at in item.get("recent", {"L": []})["L"]),
        held=tuple(
            held_in(name.removeprefix(_HELD), value)
            for name, value in sorted(item.items())
            if name.startswith(_HELD)
        ),
        open=tuple(
            open_in(name.removeprefix(_OPEN), value)
            for name, value in sorted(item.items())
            if name.startswith(_OPEN)
        ),
        unreachable=item.get(_UNREACHABLE, {"S": ""})["S"],
    )


def settling(settled: Settled) -> list[Item]:
    """Return the updates that strike a notice out and book it; they hold together or not at all."""
    notice = settled.notice
    struck = striking_out(settled.key, notice.entry)
    made = [putting(notice.page, settled.at)] if notice.page else []
    laid = {f"{_OPEN}{waits.entry}": open_as(waits) for waits in notice.open}
    booked = []
    if notice.held:
        laid[f"{_HELD}{notice.entry}"] = held_as(notice.held)
    elif notice.is_sms:
        laid |= _sent(settled.desk, settled.at, joins=notice.joins)
        booked = [spending(notice, settled.at)]
    desk = [_desk_update(settled.desk, laid, settled.at)] if laid else []
    return [struck, *desk, *booked, *made]


def _sent(desk: Desk, at: datetime, *, joins: bool) -> Item:
    times = (*desk.lately(at), at)
    sent: Item = {"recent": {"L": [{"S": time.isoformat()} for time in times]}}
    return sent | ({"opened_at": {"S": at.isoformat()}} if joins else {})


def _desk_update(desk: Desk, attributes: Item, at: datetime) -> Item:
    attributes = attributes | {"expires_at": _expiry(at + _KEEP_DESK)}
    names = {f"#n{number}": name for number, name in enumerate(attributes)}
    return {
        "Key": key_of(desk_key(desk.person)),
        "UpdateExpression": "SET " + ", ".join(f"{name} = :v{name[2:]}" for name in names),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            f":v{number}": value for number, value in enumerate(attributes.values())
        },
    }


def spending(notice: Notice, at: datetime) -> Item:
    """Return the update that books an SMS's cost."""
    day = f"{notice.recipient}#{at:%d}"
    return {
        "Key": key_of(spend_key(at)),
        "UpdateExpression": "ADD #total :cost, #day :cost, #parts :parts SET #expires = :expires",
        "ExpressionAttributeNames": {
            "#total": "total",
            "#day": day,
            "#parts": f"{day}#parts",
            "#expires": "expires_at",
        },
        "ExpressionAttributeValues": {
            ":cost": {"N": str(notice.cost)},
            ":parts": {"N": str(notice.parts)},
            ":expires": _expiry(at + _KEEP_SPEND),
        },
    }


def reaching(person: str, why: str, at: datetime) -> Item:
    """Return the update that keeps why no SMS reaches a person, or forgets it."""
    if why:
        return _desk_update(Desk(person=person), {_UNREACHABLE: {"S": why}}, at)
    return {
        "Key": key_of(desk_key(person)),
        "UpdateExpression": "REMOVE #unreachable",
        "ConditionExpression": "attribute_exists(#unreachable)",
        "ExpressionAttributeNames": {"#unreachable": _UNREACHABLE},
    }


def leasing(person: str, lease: str, first: Held, at: datetime) -> Item:
    """Return the update by which one process alone gets to send what is due."""
    return {
        "Key": key_of(desk_key(person)),
        "UpdateExpression": "SET #sending = :lease, #sending_at = :at",
        "ConditionExpression": (
            "attribute_exists(#first) AND (attribute_not_exists(#sending) OR #sending_at < :dead)"
        ),
        "ExpressionAttributeNames": {
            "#sending": "sending",
            "#sending_at": "sending_at",
            "#first": f"{_HELD}{first.entry}",
        },
        "ExpressionAttributeValues": {
            ":lease": {"S": lease},
            ":at": {"S": at.isoformat()},
            ":dead": {"S": (at - LEASE).isoformat()},
        },
    }


def clearing(
    desk: Desk, lease: str, told: tuple[Held, ...], notice: Notice | None, at: datetime
) -> list[Item]:
    """Return the updates that take what was told off the desk, and book an SMS if there was one."""
    is_sms = notice is not None and notice.is_sms
    sets = _sent(desk, at, joins=True) if is_sms else {}
    gone = ("sending", "sending_at", *(f"{_HELD}{held.entry}" for held in told))
    removed = {f"#g{number}": name for number, name in enumerate(gone)}
    names = {f"#{name}": name for name in sets}
    expression = f"REMOVE {', '.join(removed)}"
    if sets:
        expression += " SET " + ", ".join(f"#{name} = :{name}" for name in sets)
    values = {f":{name}": value for name, value in sets.items()} | {":lease": {"S": lease}}
    update = {
        "Key": key_of(desk_key(desk.person)),
        "UpdateExpression": expression,
        "ConditionExpression": "#g0 = :lease",
        "ExpressionAttributeNames": removed | names,
        "ExpressionAttributeValues": values,
    }
    return [update, spending(notice, at)] if notice and is_sms else [update]


def still_open(waiting: tuple[Open, ...], items: dict[str, Item]) -> dict[str, tuple[str, ...]]:
    """Return the entries that still hold, with who was told of the pipeline.

    The failure is the one that was told; and somebody is reminded of it, or nobody took it on.
    """
    memories = {waits.about: found_in(items.get(waits.about), "").memory for waits in waiting}

    def is_open(waits: Open, memory: Memory) -> bool:
        page = items.get(page_key(waits.page), {})
        is_taken = bool(page.get("acknowledged_at", {}).get("S") or taken_in(items[waits.about]))
        is_red = memory.state == FAILED and memory.since <= waits.told_at
        return is_red and (waits.reminds or not is_taken)

    return {
        waits.entry: memory.told
        for waits in waiting
        if (memory := memories[waits.about]) and is_open(waits, memory)
    }


def taking(page: Page) -> Item:
    """Return the update that notes in the pipeline's memory that somebody took the failure on.

    Only the failure that the page tells of; the first who takes it on counts.
    """
    return {
        "Key": key_of(page.about),
        "UpdateExpression": "SET #taken = :taken",
        "ConditionExpression": (
            "#state = :failed AND #since <= :told AND "
            "(attribute_not_exists(#taken) OR #taken < #since)"
        ),
        "ExpressionAttributeNames": {"#taken": _TAKEN, "#state": "state", "#since": "since"},
        "ExpressionAttributeValues": {
            ":taken": {"S": page.acknowledged_at},
            ":told": {"S": page.told_at},
            ":failed": {"S": FAILED},
        },
    }


def taken_in(item: Item) -> str:
    """Return when somebody took on the failure that a pipeline's item tells of; empty: nobody."""
    taken: str = item.get(_TAKEN, {"S": ""})["S"]
    return taken if taken >= item.get("since", {"S": ""})["S"] else ""


def closing(person: str, waits: Open) -> Item:
    """Return the update that ends the waiting for an answer."""
    return {
        "Key": key_of(desk_key(person)),
        "UpdateExpression": "REMOVE #open",
        "ConditionExpression": "attribute_exists(#open)",
        "ExpressionAttributeNames": {"#open": f"{_OPEN}{waits.entry}"},
    }


def stepping(step: Step) -> list[Item]:
    """Return the updates that take an open failure a step further, once.

    No item may be in a transaction twice: who escalates to themselves has one update.
    """
    held, updates = dict(step.held), []
    for to in dict.fromkeys((step.person, *held)):
        laid = {f"{_HELD}{held[to].entry}": held_as(held[to])} if to in held else {}
        if step.then and step.then[0] == to:
            laid[f"{_OPEN}{step.then[1].entry}"] = open_as(step.then[1])
        update = _desk_update(Desk(person=to), laid, step.at)
        if to == step.person:
            update["ExpressionAttributeNames"]["#open"] = f"{_OPEN}{step.waits.entry}"
            update["UpdateExpression"] += " REMOVE #open"
            update["ConditionExpression"] = "attribute_exists(#open)"
        updates.append(update)
    more = tuple(to for to in held if to not in step.knew)
    return [*updates, _telling(step, more)] if more else updates


def _telling(step: Step, more: tuple[str, ...]) -> Item:
    """Return the update by which more people will be told that it is fixed, if it is not yet."""
    return {
        "Key": key_of(step.waits.about),
        "UpdateExpression": "SET #told = :told",
        "ConditionExpression": "#state = :failed AND #told = :knew",
        "ExpressionAttributeNames": {"#told": "told", "#state": "state"},
        "ExpressionAttributeValues": {
            ":told": people_as((*step.knew, *more)),
            ":knew": people_as(step.knew),
            ":failed": {"S": FAILED},
        },
    }


def _expiry(at: datetime) -> Item:
    return {"N": str(int(at.timestamp()))}
