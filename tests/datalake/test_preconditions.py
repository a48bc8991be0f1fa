from datetime import UTC, datetime

import pytest

from datalake.chalicelib.dataset import Info
from datalake.chalicelib.errors import PreconditionFailed
from datalake.chalicelib.preconditions import Preconditions

CHANGED = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
NOW = Info(size=3, modified_ns=int(CHANGED.timestamp()) * 10**9 + 999, etag="now")
BEFORE, SAME, AFTER = (
    "Sun, 22 Nov 2026 11:59:59 GMT",
    "Sun, 22 Nov 2026 12:00:00 GMT",
    "Sun, 22 Nov 2026 12:00:01 GMT",
)
# numbers that no date and no clock of this machine can hold: no dates, hence no conditions
FAR = (
    "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
    "Mon, 01 Jan 2026 99999999999999999999:00:00 GMT",
    "Mon, 01 Jan 2026 00:00:00 +99999999999999999999",
)

WRITES = [
    # (conditions, what is there, allowed)
    ({}, NOW, True),
    ({}, None, True),
    ({"if_match": '"now"'}, NOW, True),
    ({"if_match": ' "now" '}, NOW, True),
    ({"if_match": '"old"'}, NOW, False),
    ({"if_match": '"old", "now"'}, NOW, True),
    ({"if_match": 'W/"now"'}, NOW, False),  # a weak tag proves too little for If-Match
    ({"if_match": "*"}, NOW, True),
    ({"if_match": "*"}, None, False),
    ({"if_match": '"now"'}, None, False),
    ({"if_match": ""}, NOW, False),
    ({"if_match": "!?,"}, NOW, False),
    ({"if_none_match": "*"}, None, True),
    ({"if_none_match": "*"}, NOW, False),
    ({"if_none_match": '"now"'}, NOW, False),
    ({"if_none_match": 'W/"now"'}, NOW, False),
    ({"if_none_match": '"old"'}, NOW, True),
    ({"if_match": '"now"', "if_none_match": "*"}, NOW, False),
    ({"if_unmodified_since": SAME}, NOW, True),
    ({"if_unmodified_since": AFTER}, NOW, True),
    ({"if_unmodified_since": BEFORE}, NOW, False),
    ({"if_unmodified_since": "yesterday"}, NOW, True),
    *[({"if_unmodified_since": far}, NOW, True) for far in FAR],
    ({"if_match": '"now"', "if_unmodified_since": BEFORE}, NOW, True),  # If-Match decides alone
    ({"if_modified_since": AFTER}, NOW, True),  # for GET and HEAD only
]


@pytest.mark.parametrize(("fields", "current", "allowed"), WRITES)
def test_a_write_is_allowed_as_its_conditions_say(
    fields: dict[str, str], current: Info | None, allowed: bool
) -> None:
    conditions = Preconditions(**fields)
    if allowed:
        conditions.require_for_write(current)
        return
    with pytest.raises(PreconditionFailed) as refused:
        conditions.require_for_write(current)
    assert refused.value.etag == (current.etag if current else "")


@pytest.mark.parametrize(
    ("fields", "not_modified"),
    [
        ({}, False),
        ({"if_none_match": '"now"'}, True),
        ({"if_none_match": 'W/"now"'}, True),
        ({"if_none_match": "*"}, True),
        ({"if_none_match": '"old"'}, False),
        ({"if_modified_since": SAME}, True),
        ({"if_modified_since": BEFORE}, False),
        ({"if_modified_since": "soon"}, False),
        *[({"if_modified_since": far}, False) for far in FAR],
        ({"if_none_match": '"old"', "if_modified_since": AFTER}, False),  # the tag decides alone
        ({"if_match": '"now"', "if_none_match": '"now"'}, True),
    ],
)
def test_a_reader_with_the_current_content_is_told_so(
    fields: dict[str, str], not_modified: bool
) -> None:
    assert Preconditions(**fields).is_not_modified(NOW) is not_modified


@pytest.mark.parametrize("fields", [{"if_match": '"old"'}, {"if_unmodified_since": BEFORE}])
def test_a_reader_that_asks_for_another_content_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(PreconditionFailed):
        Preconditions(**fields).is_not_modified(NOW)
