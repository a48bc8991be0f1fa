"""Write memories and outboxes as DynamoDB items, and read them back.

Pure: it makes and reads the parameters; `aws` makes the calls. One item per pipeline or delivery:

    id          partition key
    state       failed, ok or told          stamp    "812.1": run number, attempt
    since       ISO 8601, UTC               told     keys of people
    outbox      entry → {person, phone, text}: owed, not yet known to be sent
    expires_at  seconds since 1970: DynamoDB deletes the item some time after
"""

from datetime import datetime
from typing import Any

from .memory import Claim, Found, Memory, Sms

Item = dict[str, Any]


def key_of(key: str) -> Item:
    """Return the primary key of what is remembered under `key`."""
    return {"id": {"S": key}}


def found_in(item: Item | None, event_id: str) -> Found:
    """Read an item: the memory, and what is owed for the event."""
    if not item:
        return Found(memory=None)
    run, attempt = item["stamp"]["S"].split(".")
    memory = Memory(
        state=item["state"]["S"],
        stamp=(int(run), int(attempt)),
        since=datetime.fromisoformat(item["since"]["S"]),
        told=tuple(person["S"] for person in item["told"]["L"]),
    )
    owed = sorted(
        (entry, value["M"])
        for entry, value in item["outbox"]["M"].items()
        if entry.rpartition(".")[0] == event_id
    )
    return Found(
        memory=memory,
        owed=tuple(
            Sms(entry=entry, **{name: value[name]["S"] for name in ("person", "phone", "text")})
            for entry, value in owed
        ),
    )


def claiming(claim: Claim) -> Item:
    """Return the parameters of the one write that moves a memory and owes texts.

    It holds only while the memory is the one that was decided by; what stands there instead comes
    back with the refusal.
    """
    attributes: Item = {
        "state": {"S": claim.memory.state},
        "stamp": {"S": _stamp(claim.memory)},
        "since": {"S": claim.memory.since.isoformat()},
        "told": {"L": [{"S": person} for person in claim.memory.told]},
        "expires_at": {"N": str(int(claim.keep_until.timestamp()))},
    }
    owed = {sms.entry: _owed(sms) for sms in claim.owed}
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
        values[":seen"] = {"S": _stamp(claim.seen)}
        for number, (entry, value) in enumerate(owed.items()):
            sets.append(f"#outbox.#entry{number} = :owed{number}")
            names[f"#entry{number}"] = entry
            values[f":owed{number}"] = value
    return {
        "Key": key_of(claim.key),
        "UpdateExpression": "SET " + ", ".join(sets),
        "ConditionExpression": "#stamp = :seen" if claim.seen else "attribute_not_exists(id)",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def settling(key: str, entry: str) -> Item:
    """Return the parameters of the write that strikes a text out."""
    return {
        "Key": key_of(key),
        "UpdateExpression": "REMOVE #outbox.#entry",
        "ConditionExpression": "attribute_exists(#outbox)",
        "ExpressionAttributeNames": {"#outbox": "outbox", "#entry": entry},
    }


def _stamp(memory: Memory) -> str:
    return f"{memory.stamp[0]}.{memory.stamp[1]}"


def _owed(sms: Sms) -> Item:
    return {"M": {"person": {"S": sms.person}, "phone": {"S": sms.phone}, "text": {"S": sms.text}}}
