import json

import pytest

from datalake.chalicelib import reply
from datalake.chalicelib.dataset import Description, Entry, Info, Page, Record, Span
from datalake.chalicelib.errors import AnswerTooLarge, Refusal


def info(modified_ns: int = 0) -> Info:
    return Info(size=10, modified_ns=modified_ns, etag="e")


def known(modified_ns: int = 0) -> Description:
    return Description(info=info(modified_ns), record=Record())


def kinds(base: type[Refusal]) -> list[type[Refusal]]:
    return [base, *(kind for sub in base.__subclasses__() for kind in kinds(sub))]


@pytest.mark.parametrize(
    ("modified_ns", "date"),
    [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777_999_999_999, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (-(10**20), "Thu, 01 Jan 1970 00:00:00 GMT"),
        (10**30, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ],
)
def test_any_files_time_is_a_date(modified_ns: int, date: str) -> None:
    answer = reply.content("a", known(modified_ns), b"", None)
    assert answer.headers["Last-Modified"] == date


def test_a_piece_says_what_it_is() -> None:
    answer = reply.content("a.csv", known(), b"234", Span(start=2, stop=5))
    assert (answer.status, answer.headers["Content-Range"]) == (206, "bytes 2-4/10")


def test_a_listing_is_json_in_utf8() -> None:
    page = Page(entries=(Entry(key="ü/🌍", info=info()),), more=False)
    assert json.loads(reply.listed(page, folders=False).body) == {
        "items": [
            {"key": "ü/🌍", "size": 10, "etag": '"e"', "modified": "1970-01-01T00:00:00+00:00"}
        ],
        "cursor": None,
    }


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in kinds(Refusal)[1:]]
    assert len(set(codes)) == len(codes)


def test_a_problem_says_what_a_program_needs() -> None:
    answer = reply.refused(AnswerTooLarge(size=9, etag="e", limit=4))
    assert json.loads(answer.body) == {
        "title": "Answer too large",
        "status": 413,
        "code": "answer-too-large",
        "detail": 'the data set has 9 bytes, one answer carries at most 4: ask with "Range:'
        ' bytes=0-3" and go on from there, with the ETag in If-Range',
        "size": 9,
        "etag": '"e"',
        "limit": 4,
    }
    assert answer.headers["ETag"] == '"e"'
