"""The contract of every forge: each sample in samples/<forge>/ is put through it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifier.chalicelib.delivery import Delivery, delivery_of
from notifier.chalicelib.errors import BadPayload, BadSignature, UnknownForge
from notifier.chalicelib.event import Accepted, Ignored, document_of, from_json, to_json
from notifier.chalicelib.forge import Forge, parse
from notifier.chalicelib.forges import forge_named, forge_names
from notifier.chalicelib.signature import Scheme, verify
from tests.notifier.deliveries import SENT_AT, UNSAID, secrets_of
from tests.notifier.fakes import SAMPLES, sample

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
    document: dict[str, Any] = json.loads(json.dumps({"event": document_of(reading)}))
    return document


def scheme_of(forge: Forge, delivery: Delivery) -> Scheme:
    """The scheme that decides about a delivery."""
    return next(scheme for scheme in forge.schemes if scheme.header in delivery.headers)


def verifies(forge: Forge, delivery: Delivery) -> bool:
    try:
        verify(delivery, forge.schemes, secrets_of(forge.name), now=SENT_AT)
    except BadSignature:
        return False
    return True


def test_every_forge_has_samples_and_bears_its_files_name() -> None:
    assert {forge for forge, _ in CASES} == set(forge_names())
    assert [forge_named(name).name for name in forge_names()] == list(forge_names())


def test_a_forge_without_a_file_is_unknown() -> None:
    with pytest.raises(UnknownForge):
        forge_named("../github")


def test_a_genuine_delivery_verifies(case: tuple[Forge, Delivery, Path]) -> None:
    forge, delivery, _ = case
    secrets = secrets_of(forge.name)
    assert verify(delivery, forge.schemes, ("other", *secrets), now=SENT_AT) in (1, len(secrets))


def test_one_changed_byte_does_not_verify(case: tuple[Forge, Delivery, Path]) -> None:
    forge, delivery, _ = case
    changed = bytearray(delivery.body)
    changed[len(changed) // 2] ^= 1
    signs_nothing = scheme_of(forge, delivery).signed is None  # GitLab's token
    assert verifies(forge, delivery._replace(body=bytes(changed))) == signs_nothing


def test_one_changed_character_of_the_signature_does_not_verify(
    case: tuple[Forge, Delivery, Path],
) -> None:
    forge, delivery, _ = case
    header = scheme_of(forge, delivery).header
    given = delivery.header(header)
    changed = given[:-4] + ("0" if given[-4] != "0" else "1") + given[-3:]
    assert not verifies(forge, delivery._replace(headers={**delivery.headers, header: changed}))


@pytest.mark.parametrize("value", [None, "", "sha256=", "v1,", " "])
def test_an_absent_or_empty_signature_does_not_verify(
    case: tuple[Forge, Delivery, Path], value: str | None
) -> None:
    forge, delivery, _ = case
    names = {scheme.header for scheme in forge.schemes}
    headers = {k: v for k, v in delivery.headers.items() if k not in names}
    if value is not None:
        headers |= dict.fromkeys(names, value)
    assert not verifies(forge, delivery._replace(headers=headers))


def test_without_secrets_nothing_verifies(case: tuple[Forge, Delivery, Path]) -> None:
    forge, delivery, _ = case
    for secrets in ((), ("",)):
        with pytest.raises(BadSignature):
            verify(delivery, forge.schemes, secrets, now=SENT_AT)


@given(data=st.data())
def test_no_header_and_no_body_can_do_more_than_be_refused(data: st.DataObject) -> None:
    forge = forge_named(data.draw(st.sampled_from(forge_names())))
    names = {scheme.header for scheme in forge.schemes} | {"content-type", "webhook-timestamp"}
    form = "application/x-www-form-urlencoded"
    texts = st.text(st.characters(codec=None)) | st.sampled_from((form, "1", "sha256=é", "v1,é"))
    headers = data.draw(st.dictionaries(st.sampled_from(sorted(names)), texts))
    body = data.draw(st.binary() | st.text().map(lambda text: f"payload={text}".encode()))
    secrets = tuple(data.draw(st.lists(st.text() | st.text().map("whsec_".__add__), max_size=3)))
    assume(headers.get("x-gitlab-token") not in secrets)  # that is a delivery to be taken
    with pytest.raises(BadSignature):
        verify(Delivery(headers=headers, body=body), forge.schemes, secrets, now=SENT_AT)


def test_parsing_gives_the_expected_event(case: tuple[Forge, Delivery, Path]) -> None:
    forge, delivery, path = case
    expected = json.loads(path.with_name(path.name + ".event.json").read_text())
    if "event" in expected:
        expected["event"] = UNSAID | expected["event"]
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
    for names in ((forge.event_header,), forge.delivery_headers):
        headers = {k: v for k, v in delivery.headers.items() if k not in names}
        is_read = delivery.header(forge.event_header) in forge.readers
        if names == forge.delivery_headers and not is_read:
            continue  # nobody needs the id of what is not read
        with pytest.raises(BadPayload, match=" or ".join(names)):
            parse(forge, delivery._replace(headers=headers))


@pytest.mark.parametrize("body", [b"", b"[]", b"nope", b"\xff", b"NaN", b'{"a": ' * 100_000])
def test_a_body_that_is_no_json_object_is_refused(
    case: tuple[Forge, Delivery, Path], body: bytes
) -> None:
    forge, delivery, _ = case
    headers = {**delivery.headers, "content-type": "application/json"}
    with pytest.raises(BadPayload):
        parse(forge, delivery._replace(headers=headers, body=body))


@pytest.mark.parametrize(
    "body", [b"", b"payload", b"payload=a&payload=b", b"p=1", b"\xff", b"&" * 99]
)
def test_a_form_without_one_payload_is_refused(
    case: tuple[Forge, Delivery, Path], body: bytes
) -> None:
    forge, delivery, _ = case
    headers = {**delivery.headers, "content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(BadPayload):
        parse(forge, delivery._replace(headers=headers, body=body))


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
    delivery = delivery_of(sample(forge, name)[0], b"")._replace(body=body.encode())
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
