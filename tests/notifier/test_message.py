import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.chalicelib.decide import BROKE, COMMITS, FIXED, STILL
from notifier.chalicelib.event import ALARM, Author
from notifier.chalicelib.languages import words_of
from notifier.chalicelib.message import Text, compose, mail, subject
from tests.notifier.fakes import PUSHED, RUN

LINK = RUN.url
EN = words_of("en")


def test_a_broken_pipeline_is_told_with_all_that_is_known() -> None:
    body = (
        "CI broke: trivet-examples/tide-table main #812. Round the tide heights half up "
        f"(Ana Example) {LINK}"
    )
    short = RUN._replace(url="https://x.example/1")
    assert compose(BROKE, short, EN) == Text(
        body=body.replace(LINK, "https://x.example/1"), alphabet="GSM-7", used=112, limit=160
    )


def test_a_fixed_pipeline_says_so() -> None:
    assert compose(FIXED, RUN, EN).body.startswith("CI fixed: ")


def test_a_push_is_one_message_with_a_count_and_the_newest_subject() -> None:
    body = compose(COMMITS, PUSHED._replace(url=""), EN).body
    assert body == (
        "3 commits: trivet-examples/tide-table main. Round the tide heights half up (Ana Example)"
    )
    one = compose(COMMITS, PUSHED._replace(url="", commits=1), EN).body
    assert one.startswith("1 commit: ")


def test_the_subject_is_shortened_before_the_link_is_given_up() -> None:
    text = compose(BROKE, RUN._replace(title="Round the tide heights half up, and say so"), EN)
    assert text.used <= 160
    assert text.body.endswith(LINK)
    assert "Round the tide heights.. " in text.body or ".. (Ana" in text.body


def test_a_link_is_whole_or_absent() -> None:
    text = compose(BROKE, RUN._replace(url="https://example.com/" + "a" * 150), EN)
    assert "https" not in text.body
    assert "Round the tide heights half up (Ana Example)" in text.body


def test_without_the_link_there_is_room_for_the_owner_again() -> None:
    text = compose(BROKE, RUN._replace(url="https://example.com/" + "a" * 110), EN)
    assert "https" not in text.body
    assert "trivet-examples/tide-table" in text.body


def test_meaning_that_gsm_cannot_spell_takes_the_smaller_size() -> None:
    text = compose(BROKE, RUN._replace(title="Округлять высоту"), EN)
    assert (text.alphabet, text.limit) == ("UCS-2", 70)
    assert "Округлять" in text.body


def test_a_name_that_gsm_cannot_spell_is_left_out() -> None:
    text = compose(BROKE, RUN._replace(author=Author(name="Ярослав")), EN)
    assert text.alphabet == "GSM-7"
    assert "(" not in text.body


def test_a_title_cannot_turn_the_text_around_or_start_a_new_line() -> None:
    text = compose(BROKE, RUN._replace(title="good\u202egnihton\r\nFrom: bank\x1b[1m"), EN)
    assert "goodgnihton From: bank [1m" in text.body


WORD = st.text(max_size=400) | st.text("[]{}~^|€ab/", max_size=400) | st.text("🚀Яa", max_size=400)


@given(
    edge=st.sampled_from([BROKE, FIXED, COMMITS]),
    words=st.lists(WORD, min_size=6, max_size=6),
    number=st.integers(0, 2**63 - 1),
)
@example(edge=BROKE, words=["€" * 300] * 6, number=2**63 - 1)
@example(edge=BROKE, words=["Я" * 300] * 6, number=2**63 - 1)
@example(edge=COMMITS, words=["🚀Я" * 150] * 6, number=2**63 - 1)
def test_every_text_fits_one_part(edge: str, words: list[str], number: int) -> None:
    workflow, repository, branch, title, name, url = words
    event = RUN._replace(
        workflow=workflow,
        repository=repository,
        branch=branch,
        title=title,
        author=Author(name=name),
        url=url,
        stamp=(number, 1),
        commits=number,
    )
    text = compose(edge, event, EN)
    in_gsm = sum(2 if c in "^{}\\[~]|€" else 1 for c in text.body)
    in_units = len(text.body.encode("utf-16-le")) // 2
    assert text.used == (in_gsm if text.alphabet == "GSM-7" else in_units) <= text.limit
    assert text.limit == (160 if text.alphabet == "GSM-7" else 70)
    assert all(unicodedata.category(c)[0] != "C" for c in text.body)


@pytest.mark.parametrize("edge", [BROKE, FIXED])
def test_what_and_where_always_survive(edge: str) -> None:
    crowded = RUN._replace(
        workflow="build and publish everything for everybody " * 4,
        repository="a-very-long-owner-name/" + "a-very-long-repository-name" * 5,
        branch="feature/" + "x" * 200,
        title="t" * 200,
    )
    body = compose(edge, crowded, EN).body
    assert body.startswith("build and")
    assert (edge in body, "a-very-long-r" in body, "#812" in body) == (True, True, True)


def test_german_says_it_in_german() -> None:
    german = words_of("de")
    assert compose(BROKE, RUN, german).body.startswith("CI kaputt: ")
    assert compose(FIXED, RUN, german).body.startswith("CI wieder heil: ")
    assert compose(STILL, RUN, german).body.startswith("CI weiter kaputt: ")
    assert compose(COMMITS, PUSHED, german).body.startswith("3 Commits: ")


@given(words=st.lists(WORD, min_size=3, max_size=3), edge=st.sampled_from([BROKE, STILL, COMMITS]))
@example(words=["\n", "Ярослав", "x" * 200], edge=BROKE)
def test_a_subject_is_one_short_line_of_ascii(words: list[str], edge: str) -> None:
    workflow, repository, branch = words
    event = RUN._replace(workflow=workflow, repository=repository, branch=branch)
    line = subject(edge, event, EN)
    assert 0 < len(line) <= 99
    assert line.isascii()
    assert line.isprintable()
    assert line == line.strip()


def test_a_mail_cuts_nothing() -> None:
    event = RUN._replace(title="t" * 300, failing="lint, test")
    assert mail(BROKE, event, EN).splitlines() == [
        "CI broke: trivet-examples/tide-table main",
        "lint, test",
        "t" * 300,
        "Ana Example",
        RUN.url,
    ]


def test_a_number_that_only_orders_is_not_told() -> None:
    numbered, ordered = (compose(BROKE, RUN._replace(numbered=n), EN).body for n in (True, False))
    assert "#812" in numbered
    assert "812" not in ordered


def test_commits_that_the_forge_did_not_list_are_hinted_at() -> None:
    assert compose(COMMITS, PUSHED._replace(commits=5, more=True), EN).body.startswith("5+ commits")
    assert compose(COMMITS, PUSHED._replace(commits=1, more=True), EN).body.startswith("1+ commits")


def test_an_alarm_is_told_in_cloudwatchs_own_words() -> None:
    alarm = RUN._replace(kind=ALARM, workflow="api 5xx", conclusion="ALARM", numbered=False)
    assert compose(BROKE, alarm, EN).body.startswith("api 5xx ALARM: ")
    assert compose(FIXED, alarm._replace(conclusion="OK"), EN).body.startswith("api 5xx OK: ")
    assert compose(STILL, alarm, EN).body.startswith("api 5xx still broken: ")


def test_ucs_2_carries_no_link_or_takes_a_second_part() -> None:
    event = RUN._replace(title="Налог", url="https://n.example/m/0aZ3456789")
    one, two = (compose(BROKE, event, EN, parts=parts) for parts in (1, 2))
    assert (one.alphabet, one.parts, "https" in one.body) == ("UCS-2", 1, False)
    assert (two.alphabet, two.parts, two.limit) == ("UCS-2", 2, 133)
    assert two.body.endswith(event.url)


def test_a_second_part_is_never_taken_for_gsm() -> None:
    text = compose(BROKE, RUN._replace(title="t" * 300), EN, parts=2)
    assert (text.alphabet, text.parts, text.used <= 160) == ("GSM-7", 1, True)


@given(words=st.lists(WORD, min_size=4, max_size=4), parts=st.sampled_from([1, 2]))
def test_a_text_with_a_note_fits_too(words: list[str], parts: int) -> None:
    workflow, repository, title, note = words
    event = RUN._replace(workflow=workflow, repository=repository, title=title)
    text = compose(BROKE, event, EN, note=note, parts=parts)
    assert text.used <= text.limit
    assert text.parts <= parts
