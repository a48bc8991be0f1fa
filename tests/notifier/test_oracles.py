"""Two libraries that others wrote count the texts too, and come to the same result."""

from dataclasses import replace

import gsm0338  # noqa: F401  registers the codec
import smsutil
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.chalicelib.bundle import bundle
from notifier.chalicelib.decide import BROKE, COMMITS, FIXED, STILL
from notifier.chalicelib.gsm import septets, tidy, to_gsm, units
from notifier.chalicelib.languages import words_of
from notifier.chalicelib.message import compose
from tests.notifier.fakes import RUN, WAITS

WORD = st.text(max_size=200) | st.text("[]{}~^|€ab/é", max_size=200) | st.text("🚀Яa", max_size=200)
LANGUAGES = st.sampled_from(["de", "en"])


@given(WORD)
@example("[]{}~^|\\€ éèàùìòñüöäßåøæÉÄÖÑÜÆØÅ¿¡§£¥¤ ΔΦΓΛΩΠΨΣΘΞ _@$")
def test_what_is_spelt_in_gsm_is_gsm_and_as_long_as_counted(text: str) -> None:
    spelt = to_gsm(tidy(text))
    assert len(spelt.encode("gsm03.38")) == septets(spelt)
    assert smsutil.is_valid_gsm(spelt) or not spelt


@given(
    edge=st.sampled_from([BROKE, FIXED, STILL, COMMITS]),
    words=st.lists(WORD, min_size=4, max_size=4),
    language=LANGUAGES,
    parts=st.sampled_from([1, 2]),
)
@example(edge=STILL, words=["00", "00000", "000000ƀ", "\U0001d400" * 60], language="en", parts=2)
def test_a_message_has_as_many_parts_as_it_says(
    edge: str, words: list[str], language: str, parts: int
) -> None:
    workflow, repository, title, url = words
    event = RUN._replace(workflow=workflow, repository=repository, title=title, url=url)
    text = compose(edge, event, words_of(language), parts=parts)
    assert len(smsutil.split(text.body).parts) == text.parts <= parts
    if text.alphabet == "GSM-7":
        assert len(text.body.encode("gsm03.38")) == text.used <= 160
    else:
        assert len(text.body.encode("utf-16-be")) == 2 * units(text.body) == 2 * text.used


@given(
    st.lists(st.tuples(WORD, st.sampled_from([BROKE, FIXED])), min_size=2, max_size=20), LANGUAGES
)
def test_a_bundle_is_one_part(entries: list[tuple[str, str]], language: str) -> None:
    waiting = tuple(
        replace(WAITS, entry=f"e.{number}", about=f"p{number}", label=label, edge=edge)
        for number, (label, edge) in enumerate(entries)
    )
    assert len(smsutil.split(bundle(waiting, words_of(language))).parts) == 1
