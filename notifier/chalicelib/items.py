"""Write memories and outboxes as DynamoDB items, and read them back.

Pure: it makes and reads the parameters; `table` makes the calls. One item per pipeline or delivery:

    id          partition key
    state       failed, ok or told          stamp    "812.1": run number, attempt
    since       ISO 8601, UTC               told     keys of people and topics
    told_at     ISO 8601, UTC               failing  names of jobs
    taken_at    ISO 8601, UTC: when somebody took the failure on
    outbox      entry → {recipient, address, text, …}: owed, not yet known to be sent
    decisions   the last ones, each a JSON text
    expires_at  seconds since 1970: DynamoDB deletes the item some time after
"""

from datetime import datetime

from .desk import Held, Open
from .memory import Claim, Found, Memory, Notice
from .page_items import Item, key_of, page_as, page_in


def found_in(item: Item | None, event_id: str) -> Found:
    """Read an item: the memory, and what is owed for the event."""
    if not item:
        return Found(memory=None)
    owed = sorted(
        (entry, value["M"])
        for entry, value in item.get("outbox", {"M": {}})["M"].items()
        if entry.rpartition(".")[0] == event_id
    )
    return Found(
        memory=_memory(item) if "stamp" in item else None,
        owed=tuple(_notice(entry, value) for entry, value in owed),
        decisions=tuple(text["S"] for text in item.get("decisions", {"L": []})["L"]),
    )


def _memory(item: Item) -> Memory:
    run, attempt = item["stamp"]["S"].split(".")
    told_at = item.get("told_at", {}).get("S")
    return Memory(
        state=item["state"]["S"],
        stamp=(int(run), int(attempt)),
        since=datetime.fromisoformat(item["since"]["S"]),
        told=tuple(person["S"] for person in item["told"]["L"]),
        told_at=datetime.fromisoformat(told_at) if told_at else None,
        failing=item.get("failing", {"S": ""})["S"],
    )


# Who was told may grow without a run: what nobody answers is handed over.
_AS_SEEN = "#stamp = :seen AND #told = :knew"


def claiming(claim: Claim) -> Item:
    """Return the parameters of the one write that moves a memory and owes texts.

    It holds only while the memory is the one that was decided by; what stands there instead comes
    back with the refusal.
    """
    attributes: Item = {
        "state": {"S": claim.memory.state},
        "stamp": {"S": _stamp(claim.memory)},
        "since": {"S": claim.memory.since.isoformat()},
        "told": people_as(claim.memory.told),
        "told_at": {"S": claim.memory.told_at.isoformat() if claim.memory.told_at else ""},
        "failing": {"S": claim.memory.failing},
        **_kept(claim.decisions, claim.keep_until),
    }
    owed = {notice.entry: _owed(notice) for notice in claim.owed}
    # Every name goes by a placeholder: `state` is one of the hundreds that DynamoDB reserves.
    names = {f"#{name}": name for name in attributes}
    values = {f":{name}": value for name, value in attributes.items()}
    sets = [f"#{name} = :{name}" for name in attributes]
    if owed or claim.seen is None:
        names["#outbox"] = "outbox"
    if claim.seen is None:
        sets.append("#outbox = :outbox")
        values[":outbox"] = {"M": owed}
    else:
        values |= {":seen": {"S": _stamp(claim.seen)}, ":knew": people_as(claim.seen.told)}
        for number, (entry, value) in enumerate(owed.items()):
            sets.append(f"#outbox.#entry{number} = :owed{number}")
            names[f"#entry{number}"] = entry
            values[f":owed{number}"] = value
    return {
        "Key": key_of(claim.key),
        "UpdateExpression": "SET " + ", ".join(sets),
        "ConditionExpression": _AS_SEEN if claim.seen else "attribute_not_exists(#stamp)",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def noting(key: str, decisions: tuple[str, ...], keep_until: datetime) -> Item:
    """Return the parameters of the write that keeps decisions and changes no memory."""
    attributes = _kept(decisions, keep_until)
    return {
        "Key": key_of(key),
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
        "ExpressionAttributeNames": {f"#{name}": name for name in attributes},
        "ExpressionAttributeValues": {f":{name}": value for name, value in attributes.items()},
    }


def striking_out(key: str, entry: str) -> Item:
    """Return the parameters of the write that strikes a text out, if it still stands there."""
    return {
        "Key": key_of(key),
        "UpdateExpression": "REMOVE #outbox.#entry",
        "ConditionExpression": "attribute_exists(#outbox.#entry)",
        "ExpressionAttributeNames": {"#outbox": "outbox", "#entry": entry},
    }


def people_as(keys: tuple[str, ...]) -> Item:
    """Write who was told as an attribute."""
    return {"L": [{"S": key} for key in keys]}


def _stamp(memory: Memory) -> str:
    return f"{memory.stamp[0]}.{memory.stamp[1]}"


def _kept(decisions: tuple[str, ...], keep_until: datetime) -> Item:
    return {
        "decisions": {"L": [{"S": text} for text in decisions]},
        "expires_at": {"N": str(int(keep_until.timestamp()))},
    }


_TEXTS = ("recipient", "address", "text", "subject", "mail")


def _owed(notice: Notice) -> Item:
    fields: Item = {name: {"S": text} for name in _TEXTS if (text := getattr(notice, name))}
    if notice.attributes:
        fields["attributes"] = {"M": {name: {"S": text} for name, text in notice.attributes}}
    if notice.cost:
        fields["cost"] = {"N": str(notice.cost)}
    if notice.joins:
        fields["joins"] = {"BOOL": True}
    if notice.parts > 1:
        fields["parts"] = {"N": str(notice.parts)}
    if notice.page:
        fields["page"] = {"M": {"id": {"S": notice.page.id}, **page_as(notice.page)}}
    if notice.open:
        fields["open"] = {"M": {waits.entry: open_as(waits) for waits in notice.open}}
    if notice.held:
        fields["held"] = held_as(notice.held)
    return {"M": fields}


_HELD = ("edge", "about", "label", "text")


def held_as(held: Held) -> Item:
    """Write what waits as an attribute."""
    times = {"at": held.at.isoformat(), "until": held.until.isoformat()}
    texts = {name: getattr(held, name) for name in _HELD}
    urgent = {"is_critical": {"BOOL": True}} if held.is_critical else {}
    return {"M": {name: {"S": text} for name, text in (times | texts).items()} | urgent}


def held_in(entry: str, attribute: Item) -> Held:
    """Read what `held_as` wrote."""
    fields = {name: value["S"] for name, value in attribute["M"].items() if "S" in value}
    return Held(
        entry=entry,
        at=datetime.fromisoformat(fields["at"]),
        until=datetime.fromisoformat(fields["until"]),
        is_critical="is_critical" in attribute["M"],
        **{name: fields[name] for name in _HELD},
    )


_OPEN = ("about", "page", "link", "rule", "label", "name")
_FLAGS = ("reminds", "is_critical")


def open_as(waits: Open) -> Item:
    """Write what waits for an answer as an attribute."""
    texts = {name: getattr(waits, name) for name in _OPEN}
    texts |= {"due": waits.due.isoformat(), "told_at": waits.told_at.isoformat()}
    flags = {name: {"BOOL": True} for name in _FLAGS if getattr(waits, name)}
    written = {name: {"S": text} for name, text in texts.items()}
    return {"M": {**written, **flags, "step": {"N": str(waits.step)}}}


def open_in(entry: str, attribute: Item) -> Open:
    """Read what `open_as` wrote."""
    fields = attribute["M"]
    return Open(
        entry=entry,
        due=datetime.fromisoformat(fields["due"]["S"]),
        told_at=datetime.fromisoformat(fields["told_at"]["S"]),
        step=int(fields["step"]["N"]),
        reminds="reminds" in fields,
        is_critical="is_critical" in fields,
        **{name: fields[name]["S"] for name in _OPEN},
    )


def _notice(entry: str, fields: Item) -> Notice:
    attributes = fields.get("attributes", {"M": {}})["M"]
    waiting = fields.get("open", {"M": {}})["M"]
    return Notice(
        entry=entry,
        attributes=tuple(sorted((name, text["S"]) for name, text in attributes.items())),
        cost=int(fields.get("cost", {"N": "0"})["N"]),
        joins="joins" in fields,
        parts=int(fields.get("parts", {"N": "1"})["N"]),
        held=held_in(entry, fields["held"]) if "held" in fields else None,
        page=page_in(fields["page"]["M"]["id"]["S"], fields["page"]["M"])
        if "page" in fields
        else None,
        open=tuple(open_in(name, value) for name, value in sorted(waiting.items())),
        **{name: fields[name]["S"] for name in _TEXTS if name in fields},
    )
