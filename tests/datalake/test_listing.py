from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake.chalicelib.dataset import Entry, Info, Page, Version
from datalake.chalicelib.errors import BadKey, BadQuery
from datalake.chalicelib.key import is_key
from datalake.chalicelib.listing import cursor_after, page_of_versions, parse

INFO = Info(size=0, modified_ns=0, etag="e")


def page(key: str, *, more: bool) -> Page:
    return Page(entries=(Entry(key=key, info=INFO),), more=more)


def test_without_parameters_it_begins_at_the_beginning() -> None:
    listing = parse({})
    assert (listing.prefix.text, listing.after, listing.limit) == ("", "", 100)


@pytest.mark.parametrize(
    "limit", ["0", "1001", "-1", "1.5", "ten", "", " 1", "٣", "1" * 5000, "0" * 7 + "1999"]
)
def test_a_limit_is_a_number_from_1_to_1000(limit: str) -> None:
    with pytest.raises(BadQuery, match="limit is a whole number from 1 to 1000"):
        parse({"limit": limit})


@pytest.mark.parametrize("cursor", ["!", "a", "Li4", "é", "/w", "_w"])
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    with pytest.raises(BadQuery, match="cursor"):
        parse({"cursor": cursor})


def test_a_misspelled_parameter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        BadQuery, match="unknown parameter 'limti'; known are cursor, delimiter, limit, prefix"
    ):
        parse({"limti": "3"})


def test_a_prefix_that_leaves_the_root_is_refused() -> None:
    with pytest.raises(BadKey):
        parse({"prefix": "../"})


def version(modified_ns: int) -> Version:
    return Version(info=replace(INFO, modified_ns=modified_ns), is_current=False)


@given(st.lists(st.integers(-3, 30)), st.integers(1, 5))
def test_pages_of_versions_name_each_once_in_order(times: list[int], limit: int) -> None:
    kept = tuple(map(version, sorted(times, reverse=True)))
    found: list[Version] = []
    query = {"versions": "", "limit": str(limit)}
    for _ in range(len(kept) + 1):
        page, cursor = page_of_versions(kept, query)
        found += page
        if cursor is None:
            break
        query |= {"cursor": cursor}
    assert tuple(found) == kept


def test_the_last_page_has_no_cursor() -> None:
    assert cursor_after(page("a", more=False)) is None


@given(st.text(min_size=1, max_size=20).filter(is_key))
def test_a_cursor_leads_on_from_the_last_key(key: str) -> None:
    cursor = cursor_after(page(key, more=True))
    assert cursor is not None
    assert parse({"cursor": cursor}).after == key
