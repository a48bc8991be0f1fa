from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.bundle import bundle
from notifier.chalicelib.decide import BROKE, COMMITS, FIXED, STILL
from notifier.chalicelib.desk import Held
from notifier.chalicelib.gsm import septets
from notifier.chalicelib.languages import words_of
from tests.notifier.fakes import NOON, WAITS

EN, DE = words_of("en"), words_of("de")


def waiting(*entries: tuple[str, str]) -> tuple[Held, ...]:
    """Messages, one a minute: edge and pipeline."""
    return tuple(
        replace(
            WAITS,
            entry=f"e{number}.0",
            at=NOON + timedelta(minutes=number),
            edge=edge,
            about=f"pipeline#{name}",
            label=name,
            text=f"{name} {edge}",
        )
        for number, (edge, name) in enumerate(entries)
    )


def test_many_are_counted_and_named() -> None:
    told = waiting((BROKE, "a"), (BROKE, "b"), (STILL, "c"), (FIXED, "d"), (COMMITS, "e"))
    assert bundle(told, EN) == "3 pipelines red: a, b, c. 1 fixed: d. 1 push: e"
    assert bundle(told, DE) == "3 Pipelines rot: a, b, c. 1 wieder heil: d. 1 Push: e"


def test_one_alone_is_told_as_it_would_have_been() -> None:
    assert bundle(waiting((BROKE, "a")), EN) == "a broke"


def test_what_broke_and_was_fixed_meanwhile_is_not_told() -> None:
    assert bundle(waiting((BROKE, "a"), (FIXED, "a")), EN) == ""
    assert bundle(waiting((BROKE, "a"), (BROKE, "b"), (FIXED, "a")), EN) == "b broke"


def test_of_a_pipeline_the_last_counts() -> None:
    told = waiting((FIXED, "a"), (BROKE, "a"), (BROKE, "b"))
    assert bundle(told, EN) == "2 pipelines red: a, b"


def test_what_does_not_fit_is_counted() -> None:
    text = bundle(waiting(*((BROKE, f"pipeline-number-{n}") for n in range(40))), EN)
    assert text.startswith("40 pipelines red: pipeline-number-0, ")
    assert text.endswith(" +33")


@given(
    st.lists(
        st.tuples(st.sampled_from([BROKE, FIXED, STILL, COMMITS]), st.text(max_size=300)),
        min_size=2,
        max_size=60,
        unique_by=lambda entry: entry[1],
    )
)
def test_a_bundle_always_fits_one_part(entries: list[tuple[str, str]]) -> None:
    for words in (EN, DE):
        assert 0 < septets(bundle(waiting(*entries), words)) <= 160
