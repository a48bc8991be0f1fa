"""The contract of every forge: each sample in samples/<forge>/ is put through it."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.delivery import Delivery, delivery_of
from notifier.chalicelib.errors import BadPayload, BadSignature, UnknownForge
from notifier.chalicelib.event import Accepted, Ignored, from_json, to_json
from notifier.chalicelib.forge import Forge, parse
from notifier.chalicelib.forges import forge_named, forge_names
from notifier.chalicelib.signature import verify
from tests.notifier.fakes import SAMPLES, sample, secret_of

CASES = sorted(
    (path.parent.name, path.name.removesuffix(".body")) for path in SAMPLES.glob("*/*.body")
)


@pytest.fixture(params=CASES, ids=lambda case: "/".join(case))
def case(request: pytest.FixtureRequest) -> tuple[Forge, Delivery, Path]:
    forge, name = request.param
    return forge_named(forge), delivery_of(*sample(forge, name)), SAMPLES / forge / name


def as_document(forge: Forge, delivery: Delivery) -> dict[str, Any]:
    reading = parse(forge, delivery)
    if isinstance(reading, Ignored):
        return {"ignored": reading.why}
    document: dict[str, Any] = json.loads(json.dumps({"event": asdict(reading)}))
    return document


def test_every_forge_has_samples_and_bears_its_files_name() -> None:
    assert {forge for forge, _ in CASES} == set(forge_names())
    assert [forge_named(name).name for name in forge_names()] == list(forge_names())


def test_a_forge_without_a_file_is_unknown() -> None:
    with pytest.raises(UnknownForge):
        forge_named("../github")


def test_a_genuine_delivery_verifies(case: tuple[Forge, Delivery, Path]) -> None:
    forge, delivery, _ = case
    assert verify(delivery, forge.scheme, ("other", secret_of(forge.name))) == 1


def test_one_changed_byte_does_not_verify(case: tuple[Forge, Delivery, Path]) -> None:
    forge, delivery, _ = case
    changed = bytearray(delivery.body)
    changed[len(changed) // 2] ^= 1
    with pytest.raises(BadSignature):
        verify(replace(delivery, body=bytes(changed)), forge.scheme, (secret_of(forge.name),))


def test_no_signature_does_not_verify(case: tuple[Forge, Delivery, Path]) -> None:
    forge, delivery, _ = case
    headers = {k: v for k, v in delivery.headers.items() if k != forge.scheme.header}
    with pytest.raises(BadSignature):
        verify(replace(delivery, headers=headers), forge.scheme, (secret_of(forge.name),))


def test_parsing_gives_the_expected_event(case: tuple[Forge, Delivery, Path]) -> None:
    forge, delivery, path = case
    expected = json.loads(path.with_name(path.name + ".event.json").read_text())
    if "event" in expected:
        expected["event"] = {"severity": "normal", "failing": ""} | expected["event"]
    assert as_document(forge, delivery) == expected


def test_an_event_survives_the_queue(case: tuple[Forge, Delivery, Path]) -> None:
    forge, delivery, _ = case
    reading = parse(forge, delivery)
    if not isinstance(reading, Ignored):
        accepted = Accepted(id="e-1", event=reading)
        assert from_json(to_json(accepted)) == accepted
        assert len(to_json(accepted)) < 4096


def test_without_its_event_or_delivery_header_it_is_no_delivery(
    case: tuple[Forge, Delivery, Path],
) -> None:
    forge, delivery, _ = case
    for header in (forge.event_header, forge.delivery_header):
        headers = {k: v for k, v in delivery.headers.items() if k != header}
        with pytest.raises(BadPayload, match=header):
            parse(forge, replace(delivery, headers=headers))


@pytest.mark.parametrize("body", [b"", b"[]", b"nope", b"\xff", b"NaN", b'{"a": ' * 100_000])
def test_a_body_that_is_no_json_object_is_refused(
    case: tuple[Forge, Delivery, Path], body: bytes
) -> None:
    forge, delivery, _ = case
    headers = {**delivery.headers, "content-type": "application/json"}
    with pytest.raises(BadPayload):
        parse(forge, replace(delivery, headers=headers, body=body))


@pytest.mark.parametrize(
    "body", [b"", b"payload", b"payload=a&payload=b", b"p=1", b"\xff", b"&" * 99]
)
def test_a_form_without_one_payload_is_refused(
    case: tuple[Forge, Delivery, Path], body: bytes
) -> None:
    forge, delivery, _ = case
    headers = {**delivery.headers, "content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(BadPayload):
        parse(forge, replace(delivery, headers=headers, body=body))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def places(document: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The ways to the values that a forge may read, the two upper levels of the document."""
    if not isinstance(document, dict) or len(path) > 3:
        return [path]
    return [place for key in document for place in places(document[key], (*path, key))] + [path]


BODIES = {
    (forge, name): json.loads(sample(forge, name)[1])
    for forge, name in CASES
    if not sample(forge, name)[1].startswith(b"payload=")
}


@given(data=st.data())
def test_no_value_in_a_payload_can_do_more_than_be_refused(data: st.DataObject) -> None:
    forge, name = data.draw(st.sampled_from(sorted(BODIES)))
    document = json.loads(json.dumps(BODIES[forge, name]))
    path = data.draw(st.sampled_from(places(document)[:-1]))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = data.draw(ANY_JSON)
    body = json.dumps(document, allow_nan=False) if is_json(document) else "[]"
    delivery = replace(delivery_of(sample(forge, name)[0], b""), body=body.encode())
    try:
        reading = parse(forge_named(forge), delivery)
    except BadPayload:
        return
    if not isinstance(reading, Ignored):
        accepted = Accepted(id="e-1", event=reading)
        assert from_json(to_json(accepted)) == accepted


def is_json(document: Any) -> bool:
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        return False
    return True


def test_the_examples_are_samples() -> None:
    examples = Path(__file__).resolve().parents[2] / "examples" / "webhooks"
    for example in examples.glob("*.json"):
        assert example.read_bytes() == (SAMPLES / "github" / f"{example.stem}.body").read_bytes()
