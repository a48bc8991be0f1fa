import unicodedata
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datalake.chalicelib.errors import BadKey
from datalake.chalicelib.key import Key, is_key, parse_key, parse_prefix

REFUSED = [
    # leaves the root, in any spelling
    ("..", "'.' or '..'"),
    ("../etc/passwd", "'.' or '..'"),
    ("a/../../b", "'.' or '..'"),
    ("a/./b", "'.' or '..'"),
    ("a/..", "'.' or '..'"),
    ("/etc/passwd", "empty segment"),
    ("%2e%2e/a", "encoded twice"),
    ("a%2fb", "encoded twice"),
    ("%252e", "encoded twice"),
    ("..\\a", "backslash"),
    ("a\\b", "backslash"),
    ("\uff0e\uff0e/a", "'.' or '..'"),  # fullwidth dots
    ("\u2024\u2024/a", "'.' or '..'"),  # one dot leaders
    ("\u2025/a", "'.' or '..'"),  # two dot leader
    ("a\uff0fb", "look-alike"),  # fullwidth slash
    ("a\uff3cb", "look-alike"),  # fullwidth backslash
    # the lake's own folder
    (".lake", "reserved"),
    (".lake/t/x", "reserved"),
    (".LAKE/t/x", "reserved"),
    (".\uff4cake/t/x", "reserved"),
    # shape
    ("", "empty segment"),
    ("/", "empty segment"),
    ("a//b", "empty segment"),
    ("a/", "empty segment"),
    ("x" * 256, "more than 255 bytes"),
    ("ü" * 128, "more than 255 bytes"),
    ("/".join(["ab"] * 17), "17 segments"),
    ("/".join(["x" * 205] * 5), "1029 bytes"),
    # characters
    ("a\0b", "control"),
    ("a\nb", "control"),
    ("a\r\nSet-Cookie: x", "control"),
    ("a\x7fb", "control"),
    ("a\x85b", "U+0085"),
    ("a\u202eb", "U+202E"),
    ("a\u2028b", "U+2028"),
    ("a\u00adb", "U+00AD"),
    ("\ufeffa", "U+FEFF"),
    ("a\ufffdb", "not UTF-8"),
    ("a\udcffb", "not valid Unicode"),
    ("\ud83d", "not valid Unicode"),
    ("u\u0308", "NFC"),
]

ACCEPTED = [
    "a",
    "sales/2026/visitors.csv",
    ".hidden",
    "...",
    "a..b",
    "a.lake",
    "a/.lake",
    "100%",
    "50%zz",
    "a b",
    "ü",
    "\u0915\u094d\u200d\u0937",  # a joiner that the script needs
    "👩\u200d🔬",
    "x" * 255,
    "/".join(["x" * 204] * 5),
    "/".join(["d"] * 16),
    "~",
    "-",
    "con",
]


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=lambda t: ascii(t)[:30])
def test_a_text_that_names_no_data_set_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadKey) as refused:
        parse_key(text)
    assert reason in str(refused.value)
    assert not is_key(text)


@pytest.mark.parametrize("text", ACCEPTED, ids=lambda t: ascii(t)[:30])
def test_an_ordinary_name_is_a_key(text: str) -> None:
    assert parse_key(text) == Key(text=text, segments=tuple(text.split("/")))


@given(st.text(max_size=40) | st.text(alphabet="./\\%2efEF\uff0e\uff0f\u2024a", max_size=12))
@example("\uff0e")
def test_whatever_passes_stays_below_the_root_in_every_reading(text: str) -> None:
    if not is_key(text):
        return
    readings = {text, unquote(text), unicodedata.normalize("NFKC", text), text.casefold()}
    for reading in readings:
        for segment in reading.replace("\\", "/").split("/"):
            assert segment not in {"", ".", ".."}
        assert not reading.startswith(".lake/")
        assert reading != ".lake"
        assert "\0" not in reading


@given(st.text(max_size=40))
def test_two_keys_never_become_one_when_normalised(text: str) -> None:
    if is_key(text):
        assert unicodedata.normalize("NFC", text) == text
        assert unquote(quote(text)) == text


@pytest.mark.parametrize(
    ("text", "folders"),
    [("", ()), ("a", ()), ("a/", ("a",)), ("a/b/c", ("a", "b")), (".", ()), (".lake", ())],
)
def test_a_prefix_has_the_folders_before_its_last_slash(
    text: str, folders: tuple[str, ...]
) -> None:
    assert parse_prefix(text).folders == folders


@pytest.mark.parametrize("text", ["/", "../", "a//", "a/../b", ".lake/", "a\0", "u\u0308", "%2f"])
def test_a_prefix_that_no_key_can_have_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        parse_prefix(text)
