import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake.chalicelib.dataset import PIECE_BYTES, Info, Span
from datalake.chalicelib.errors import RangeNotSatisfiable
from datalake.chalicelib.ranges import chosen

BIG = 3 * PIECE_BYTES


def info(size: int) -> Info:
    return Info(size=size, modified_ns=0, etag="now")


@pytest.mark.parametrize(
    ("field", "size", "expected"),
    [
        (None, 10, None),
        ("bytes=0-3", 10, (0, 4)),
        ("bytes=3-3", 10, (3, 4)),
        ("bytes=4-", 10, (4, 10)),
        ("bytes=-3", 10, (7, 10)),
        ("bytes=-30", 10, (0, 10)),
        ("bytes=0-99", 10, (0, 10)),
        ("bytes=0-" + "9" * 30, 10, (0, 10)),
        ("bytes=0-", BIG, (0, PIECE_BYTES)),
        (f"bytes=5-{BIG - 1}", BIG, (5, 5 + PIECE_BYTES)),
        (f"bytes=-{PIECE_BYTES + 7}", BIG, (BIG - PIECE_BYTES - 7, BIG - 7)),
        # no range that we serve: the whole
        ("bytes=0-1,3-4", 10, None),
        ("bytes=3-1", 10, None),
        ("bytes=-0", 10, None),
        ("bytes=", 10, None),
        ("bytes", 10, None),
        ("lines=0-3", 10, None),
        ("bytes=a-b", 10, None),
        ("bytes=" + ",".join("0-" for _ in range(1000)), 10, None),
        ("bytes=0-" + "9" * 9000, 10, None),
    ],
)
def test_a_range_is_cut_to_what_there_is_and_to_one_piece(
    field: str | None, size: int, expected: tuple[int, int] | None
) -> None:
    span = expected and Span(start=expected[0], stop=expected[1])
    assert chosen(field, None, info(size)) == span


@pytest.mark.parametrize(("field", "size"), [("bytes=10-", 10), ("bytes=0-", 0), ("bytes=-1", 0)])
def test_a_range_beyond_the_end_is_refused(field: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        chosen(field, None, info(size))
    assert refused.value.headers() == {"Content-Range": f"bytes */{size}"}


@pytest.mark.parametrize(
    ("if_range", "has_span"),
    [
        ('"now"', True),
        ('"old"', False),
        ('W/"now"', False),
        ("Sun, 22 Nov 2026 12:00:00 GMT", False),
    ],
)
def test_a_resumed_download_gets_a_piece_of_the_same_content_only(
    if_range: str, has_span: bool
) -> None:
    assert (chosen("bytes=1-2", if_range, info(10)) is not None) is has_span


@given(st.text(alphabet="bytes=0123456789-, ", max_size=30), st.integers(0, 2 * PIECE_BYTES))
def test_any_field_gives_a_span_of_the_content_or_none(field: str, size: int) -> None:
    try:
        span = chosen(field, None, info(size))
    except RangeNotSatisfiable:
        return
    if span is not None:
        assert 0 <= span.start < span.stop <= size
        assert span.stop - span.start <= PIECE_BYTES
