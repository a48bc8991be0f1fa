import pytest

from notifier.chalicelib.languages import DEFAULT, language_names, words_of


def test_english_and_german_come_along_and_english_is_meant_when_none_is_named() -> None:
    assert language_names() == ("de", "en")
    assert DEFAULT == "en"


@pytest.mark.parametrize("name", language_names())
def test_a_language_bears_its_files_name_and_has_every_word(name: str) -> None:
    words = words_of(name)
    assert words.name == name
    assert all(getattr(words, field) for field in words.__slots__)


def test_a_language_without_a_file_is_refused() -> None:
    with pytest.raises(KeyError):
        words_of("tlh")
