"""Patterns leave out what Docker leaves out."""

import pytest

from platform_deploy.dockerignore import is_ignored, patterns


@pytest.mark.parametrize(
    ("text", "ignored", "kept"),
    [
        ("node_modules", ("node_modules", "node_modules/a/b.js"), ("src/node_modules/a",)),
        ("**/node_modules", ("node_modules/a", "src/node_modules/a"), ("node_modules.txt",)),
        ("*.md", ("README.md",), ("docs/README.md",)),
        ("**/*.md", ("README.md", "docs/a/README.md"), ("README.mdx",)),
        ("*/temp*", ("a/temporary.txt", "a/temp/b"), ("temp", "a/b/temp")),
        ("temp?", ("tempa",), ("temp", "tempab")),
        ("/build/", ("build/x",), ("a/build/x",)),
        ("./a/../b", ("b",), ("a",)),
        ("[ab].txt", ("a.txt", "b.txt"), ("c.txt",)),
        ("[^ab].txt", ("c.txt",), ("a.txt",)),
        ("# comment\n\n  a.b  ", ("a.b",), ("axb", "# comment")),
        (r"a\*", ("a*",), ("ab",)),
        ("docs/**", ("docs/a", "docs/a/b"), ("docs",)),
        ("*.md\n!README.md", ("a.md",), ("README.md",)),
        ("!README.md\n*.md", ("README.md",), ()),
        ("a\n!a/b\na/b/c", ("a/x", "a/b/c"), ("a/b/d",)),
        ("*\n!src", ("x", "y/z"), ("src/a", "src")),
    ],
)
def test_the_last_pattern_that_names_a_file_or_a_folder_above_it_wins(
    text: str, ignored: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    found = patterns(text)
    assert [it for it in ignored if not is_ignored(it, found)] == []
    assert [it for it in kept if is_ignored(it, found)] == []
