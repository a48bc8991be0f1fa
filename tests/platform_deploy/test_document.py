"""YAML becomes a tree with lines; variables are put in place as Copilot does."""

import pytest

from platform_deploy.document import Node, parse
from platform_deploy.errors import Place

from .conftest import listed


def tree(text: str, **variables: str) -> Node:
    node, problems = parse(text, "m.yml", variables)
    assert problems == ()
    return node


def said(text: str, **variables: str) -> list[str]:
    return listed(parse(text, "m.yml", variables)[1])


def test_a_value_knows_the_place_of_its_key() -> None:
    node = tree("name: api\nimage:\n  port: 80\n")
    found = node.at("image.port")
    assert found
    assert (found.value, found.line) == (80, Place(line=3, column=3))
    image = node.at("image")
    assert image
    assert image.line == Place(line=2, column=1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\nx: {y: 1, z: '${NOT}'}\n", "2:11"),
        ("x:\n  - a\n  - ${NOT}\n", "3:5"),
        ("a: 1\n  a: 2\n", "2:4"),
        ("a: 1\nbc: d\x1f\n", "2:6"),
        ("[" * 500, "1:1"),
    ],
)
def test_what_is_wrong_is_said_with_its_column(text: str, place: str) -> None:
    assert str(parse(text, "m.yml", {})[1][0]).startswith(f"m.yml:{place}: ")


def test_on_is_a_key_and_yes_a_string() -> None:
    node = tree("on: {schedule: daily}\nx: yes\n")
    assert list(node.map) == ["on", "x"]
    assert node.map["x"].value == "yes"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("'5'", "5"),
        ("2.5", 2.5),
        ("true", True),
        ("~", None),
        ("010", "010"),
        ("0o10", 8),
        ("1_000", 1000),
    ],
)
def test_scalars_are_those_of_yaml_1_2(written: str, value: object) -> None:
    assert tree(f"x: {written}\n").map["x"].value == value


def test_a_variable_is_put_in_place_in_values_never_in_keys() -> None:
    node = tree("${A}: v${A}w\n", A="1")
    assert {key: value.value for key, value in node.map.items()} == {"${A}": "v1w"}


def test_a_backslash_keeps_a_variable_from_being_put_in_place() -> None:
    assert tree(r"x: \${HOME}").map["x"].value == "${HOME}"


def test_a_json_array_of_strings_becomes_a_list() -> None:
    assert [item.value for item in tree("x: ${A}\n", A='["a", "b"]').map["x"].items] == ["a", "b"]


def test_a_block_string_stays_a_string() -> None:
    assert tree("x: |\n  ${A}\n", A='["a"]').map["x"].value == '["a"]\n'


@pytest.mark.parametrize("value", ["[]", "[1]", '["a"', "[a]"])
def test_another_text_in_brackets_stays_a_string(value: str) -> None:
    assert tree("x: ${A}\n", A=value).map["x"].value == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nx: ${NOT}\n", "m.yml:2: ${NOT} is not set; set it in the environment or in .env"),
        ("a: 1\na: 2\n", "m.yml:2: a stands here twice"),
        ("- a\n", "m.yml:1: expected a mapping of keys to values"),
        ("", "m.yml:1: expected a mapping of keys to values"),
        ("a: {<<: {b: 1}}\n", "m.yml:1: merge keys (<<) are not read; write the keys out"),
        ("? [a]\n: 1\n", "m.yml:1: a key must be a plain name"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, problem: str) -> None:
    assert said(text) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: \x1f\n", "m.yml:2: not YAML: the character #x001f is not allowed"),
        ("[" * 500, "m.yml:1: not YAML: nested too deeply"),
    ],
)
def test_a_text_that_no_reader_takes_is_a_problem_too(text: str, problem: str) -> None:
    assert said(text) == [problem]


def test_a_text_that_is_no_yaml_is_named_with_its_line() -> None:
    assert said("a: 1\nb: [1\n")[0].startswith("m.yml:3: not YAML: ")
