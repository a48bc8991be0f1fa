"""Find the languages: each module of this folder is one, and has its `WORDS`.

Adding a language is adding a file here.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ..words import Words

DEFAULT = "en"


@cache
def language_names() -> tuple[str, ...]:
    """Return the languages' codes, in alphabetical order."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


@cache
def words_of(language: str) -> Words:
    """Import a language; one that has no file is a KeyError."""
    if language not in language_names():
        raise KeyError(language)
    words: Words = import_module(f"{__name__}.{language}").WORDS
    return words
