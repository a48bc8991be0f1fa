import json
from typing import get_type_hints

from hypothesis import example, given
from hypothesis import strategies as st

from notifier.chalicelib.event import (
    Accepted,
    Author,
    Event,
    delivery_key,
    document_of,
    from_json,
    pipeline_key,
    to_json,
)
from notifier.chalicelib.payload import MAX_NUMBER, MAX_TEXT
from tests.notifier.fakes import RUN

SQS_TAKES = 256 * 1024  # bytes of a message


@given(st.text(st.characters(codec="utf-8"), max_size=2000))
@example("é" * 2000)
def test_a_key_always_fits_dynamodb_and_stays_the_same(branch: str) -> None:
    key = pipeline_key("github", "github.com", 7, "12", branch)
    assert len(key.encode()) <= 2048
    assert key == pipeline_key("github", "github.com", 7, "12", branch)


def test_long_branches_that_differ_at_their_end_are_different_pipelines() -> None:
    one = pipeline_key("github", "github.com", 7, "12", "x" * 2000 + "1")
    assert one != pipeline_key("github", "github.com", 7, "12", "x" * 2000 + "2")


def test_a_delivery_and_a_pipeline_never_share_a_key() -> None:
    assert delivery_key("github", "1", "2").split("#")[0] == "delivery"


def test_the_largest_event_fits_the_queue() -> None:
    text = "\U0001f600" * MAX_TEXT  # twelve bytes each, as JSON in ASCII
    texts = {name: text for name, kind in get_type_hints(Event).items() if kind is str}
    texts["key"] = pipeline_key("f", text * 9, text, text, text)
    event = RUN._replace(
        **texts,
        author=Author(name=text, email=text, login=text),
        stamp=(MAX_NUMBER - 1, MAX_NUMBER - 1),
    )
    accepted = Accepted(id="e-1", event=event)
    assert len(to_json(accepted)) < SQS_TAKES
    assert from_json(to_json(accepted)) == accepted


def test_an_event_of_an_older_version_is_read() -> None:
    old = {k: v for k, v in document_of(RUN).items() if k not in ("more", "numbered")}
    assert from_json(json.dumps({"id": "e-1", "event": old})).event == RUN
