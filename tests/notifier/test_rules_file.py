from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.errors import BadRules
from notifier.chalicelib.rules import Group, Person, Rule, Rules
from notifier.chalicelib.rules_file import load_rules, read_rules

WHOLE = """\
people:
  ana:
    name: Ana Example
    phone: +12025550123
    email: ana@example.com
    logins: {github: ana-example}
  no:
    name: Norbert
    phone: "+447700900187"
groups:
  on-call: [no]
rules:
  - name: main is broken
    match:
      kind: pipeline
      outcome: failed
      repository: trivet-*/*
      branch: [main, master]
      workflow: CI
    tell: [author, on-call]
  - match: {kind: push}
    tell: ana
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BadRules) as caught:
        read_rules(text, file="r.yml")
    return list(caught.value.problems)


def test_people_groups_and_rules_are_read() -> None:
    assert read_rules(WHOLE, file="r.yml") == Rules(
        people=(
            Person(
                key="ana",
                name="Ana Example",
                phone="+12025550123",
                email="ana@example.com",
                logins=(("github", "ana-example"),),
            ),
            Person(key="no", name="Norbert", phone="+447700900187"),
        ),
        groups=(Group(key="on-call", members=("no",)),),
        rules=(
            Rule(
                name="main is broken",
                kinds=("pipeline",),
                outcomes=("failed",),
                repositories=("trivet-*/*",),
                branches=("main", "master"),
                workflows=("CI",),
                tell=("author", "on-call"),
            ),
            Rule(name="rule 2", kinds=("push",), tell=("ana",)),
        ),
    )


def test_the_rules_that_come_with_the_notifier_are_good() -> None:
    here = Path(__file__).resolve().parents[2]
    assert load_rules(str(here / "notifier" / "chalicelib" / "rules.yml")).rules


def test_every_problem_is_reported_at_once_with_its_line() -> None:
    text = """\
people:
  ana:
    name: Ana
    phone: 0202 555 0123
    shoe: 39
  author: {name: A, phone: "+12025550123"}
groups:
  on-call: [ana, bene]
rules:
  - name: one
    match: {kind: [pipelin], brnch: main}
    tell: [anna, on-call]
  - match: {outcome: broken}
  - tell: [ana]
    tell: [ana]
    match: {kind: push}
"""
    assert problems(text) == [
        "r.yml:4: person ana: '0202 555 0123' is no phone number in the form +12025550123",
        "r.yml:5: person ana: 'shoe' is unknown; did you mean 'phone'?",
        "r.yml:6: person author: the word means whoever wrote the commit",
        "r.yml:8: group on-call: 'bene' is no person; there is: ana, author",
        "r.yml:11: rule 'one': kind: 'pipelin' meets none of pipeline, push",
        "r.yml:11: rule 'one': match: 'brnch' is unknown; did you mean 'branch'?",
        "r.yml:12: rule 'one': 'anna' is no person or group; did you mean 'ana'?",
        "r.yml:13: rule 2: match: kind missing",
        "r.yml:13: rule 2: outcome: 'broken' meets none of failed, ok",
        "r.yml:13: rule 2: tell missing",
        "r.yml:15: rule 3: 'tell' stands here twice",
    ]


def test_two_people_cannot_have_one_login_or_address() -> None:
    text = """\
people:
  ana: {name: Ana, phone: "+12025550123", email: A@example.com, logins: {github: a}}
  ben: {name: Ben, phone: "+12025550124", email: a@example.com, logins: {github: A}}
rules: []
"""
    assert problems(text) == [
        "r.yml:3: person ben: 'a@example.com' belongs to ana already",
        "r.yml:3: person ben: 'github a' belongs to ana already",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "r.yml:1: the file is empty"),
        ("a: [", "r.yml:1: not YAML: expected the node content, but found '<stream end>'"),
        ("people: {}", "r.yml:1: the file: rules missing"),
        ("[]", "r.yml:1: the file: must be names with values (name: value)"),
        ("people: {}\nrules: 1\n", "r.yml:2: rule 1: must be names with values (name: value)"),
        ("people: {}\nrules: {}\n", "r.yml:2: rules: must be a list"),
    ],
)
def test_what_is_no_rules_file_says_so(text: str, problem: str) -> None:
    assert problem in problems(text)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadRules, match="No such file"):
        load_rules(str(tmp_path / "rules.yml"))


WORDS = ("people", "groups", "rules", "ana", "match", "kind", "tell", "author", "&a", "*a", "!!int")
SIGNS = (": ", "\n", "  ", "- ", "[", "]", "{", "}", ",", '"', "\t")
YAML_LIKE = st.lists(st.sampled_from((*WORDS, *SIGNS)), max_size=30).map("".join)


@given(st.text() | YAML_LIKE)
def test_no_text_can_do_more_than_be_refused(text: str) -> None:
    with suppress(BadRules):
        read_rules(text, file="r.yml")
