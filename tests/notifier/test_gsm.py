# ruff: noqa: RUF001  (the texts hold exactly those characters that look like others)
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.gsm import loses_meaning, septets, tidy, to_gsm, units


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("plain @£$ text_", "plain @£$ text_"),
        ("ÄÖÜ äöüß é è ñ Å å Ø æ", "ÄÖÜ äöüß é è ñ Å å Ø æ"),
        ("ça va — “naïve” façade…", 'ca va - "naive" facade...'),
        ("Škoda, Łódź, Đorđe, œuvre", "Skoda, Lodz, Dorde, oeuvre"),
        ("a → b, 1½ × 2 ≤ 4°", "a -> b, 11/2 x 2 <= 4deg"),
        ("🚀 deploy ✅", "deploy ok"),
        ("`code` [x] {y} ~ | ^ \\ €", "'code' [x] {y} ~ | ^ \\ €"),
        ("Δ ∆ Ω", "Δ Δ Ω"),
    ],
)
def test_text_is_spelt_as_people_spell_it(text: str, spelt: str) -> None:
    assert to_gsm(tidy(text)) == spelt
    assert not loses_meaning(text)


@pytest.mark.parametrize("text", ["Налог", "订单", "שלום", "مرحبا", "λ", "١٢"])
def test_letters_that_have_no_spelling_are_a_loss(text: str) -> None:
    assert loses_meaning(text)


def test_the_extension_counts_twice() -> None:
    assert septets("a^{}\\[~]|€") == 1 + 9 * 2


def test_an_emoji_is_two_units() -> None:
    assert units("a🚀") == 3


def test_control_and_bidi_characters_never_pass() -> None:
    text = "a\u202eb\u2066c\x00\x1bd\r\ne\u2028f\u200bg"
    assert tidy(text) == "abc d e fg"


@given(st.text())
def test_a_tidy_text_is_one_line_of_visible_characters(text: str) -> None:
    tidied = tidy(text)
    assert all(unicodedata.category(c)[0] != "C" for c in tidied)
    assert tidied == " ".join(tidied.split())


ALPHABET = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
) | set("^{}\\[~]|€")


@given(st.text())
def test_what_is_spelt_is_in_the_alphabet(text: str) -> None:
    assert set(to_gsm(tidy(text))) <= ALPHABET
