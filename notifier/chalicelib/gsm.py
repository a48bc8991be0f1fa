"""Count and spell text as a phone network does: GSM-7 septets, or UTF-16 units.

Pure. Sources: 3GPP TS 23.038 (alphabet), TS 23.040 (length of one part), Unicode (decompositions).
"""
# ruff: noqa: RUF001  (the table spells exactly those characters that look like others)

import unicodedata
from functools import cache

SEPTETS = 160  # in one part of the GSM-7 alphabet
UNITS = 70  # in one part of UCS-2
UNITS_OF_TWO = 133  # in two of 67: a letter of two units is not divided between them

_BASIC = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€")  # each is sent as two septets

# What Unicode does not decompose by itself, spelt as people do who have no such key.
_SPELT = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'", "“": '"', "”": '"',
    "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'", "‐": "-", "‑": "-",
    "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "⁄": "/", "∕": "/", "×": "x", "÷": "/",
    "•": "*", "·": ".", "→": "->", "←": "<-", "↔": "<->", "⇒": "=>", "≠": "!=", "≤": "<=",
    "≥": ">=", "≈": "~", "±": "+/-", "©": "(c)", "®": "(r)", "™": "TM", "°": "deg", "µ": "u",
    "μ": "u", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D",
    "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "ng", "Ŋ": "NG", "ŧ": "t", "Ŧ": "T",
    "ẞ": "SS", "∆": "Δ", "¢": "c", "✓": "ok", "✔": "ok", "✅": "ok", "✗": "x", "✘": "x", "❌": "x",
}  # fmt: skip


def tidy(text: str) -> str:
    r"""Make one line of a text: no control, format, bidi, private or unassigned characters.

    >>> tidy("a\u202eb\n\tc  ")
    'ab c'
    """
    kept = (
        " " if category in ("Cc", "Zl", "Zp", "Zs") else "" if category[0] == "C" else character
        for character in unicodedata.normalize("NFC", text)
        for category in (unicodedata.category(character),)
    )
    return " ".join("".join(kept).split())


def to_gsm(text: str) -> str:
    """Spell a tidy text in the GSM-7 alphabet; what has no spelling is left out."""
    return " ".join("".join(_spelling(character) or "" for character in text).split())


def loses_meaning(text: str) -> bool:
    """Tell whether GSM-7 cannot spell a letter or a digit of the text; signs are no loss.

    >>> loses_meaning("Škoda → naïve 🚀"), loses_meaning("Налог")
    (False, True)
    """
    return any(_spelling(character) is None for character in text)


def septets(text: str) -> int:
    """Count the septets of a text in the GSM-7 alphabet."""
    return len(text) + sum(character in _EXTENSION for character in text)


def units(text: str) -> int:
    """Count the UTF-16 units of a text."""
    return len(text) + sum(character > "\uffff" for character in text)


def parts_of(text: str) -> int:
    """Count the parts of a text that was made to fit: one of GSM-7, one or two of UCS-2.

    >>> parts_of("x" * 160), parts_of("Ж" * 71)
    (1, 2)
    """
    is_gsm = all(character in _BASIC or character in _EXTENSION for character in text)
    return 1 if is_gsm or units(text) <= UNITS else 2


@cache
def _spelling(character: str) -> str | None:
    """Return what stands for a character, empty for a sign that is left out; None: it is a loss."""
    if character in _BASIC or character in _EXTENSION:
        return character
    if character in _SPELT:
        return _SPELT[character]
    parts = unicodedata.normalize("NFKD", character)
    if parts != character:
        spelt = [_spelling(part) for part in parts]
        return None if None in spelt else "".join(part for part in spelt if part)
    return None if unicodedata.category(character)[0] in "LN" else ""
