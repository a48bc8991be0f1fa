from dataclasses import replace
from datetime import timedelta

import pytest

from notifier.chalicelib.event import OK, Author
from notifier.chalicelib.rota import Rota
from notifier.chalicelib.rules import Escalation, Person, Rule
from tests.notifier.fakes import ANA, BEN, NOON, PUSHED, RULES, RUN, run

RULE = Rule(name="r", kinds=("*",), tell=("ana",))


@pytest.mark.parametrize(
    ("field", "pattern"),
    [
        ("kinds", "pipe*"),
        ("repositories", "trivet-examples/*"),
        ("repositories", "TRIVET-examples/tide-?able"),
        ("branches", "ma[ij]n"),
        ("outcomes", "*"),
        ("workflows", "ci"),
        ("forges", "git*"),
        ("authors", "Ana *"),
        ("authors", "*@example.com"),
        ("authors", "ana-example"),
        ("severities", "normal"),
    ],
)
def test_a_glob_meets_its_value_whatever_the_letter_case(field: str, pattern: str) -> None:
    assert replace(RULE, **{field: ("nothing", pattern)}).mismatch(RUN) == ""


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("kinds", "the kind is 'pipeline', the rule wants other or x*"),
        (
            "repositories",
            "the repository is 'trivet-examples/tide-table', the rule wants other or x*",
        ),
        ("branches", "the branch is 'main', the rule wants other or x*"),
        ("outcomes", "the outcome is 'failed', the rule wants other or x*"),
        ("workflows", "the workflow is 'CI', the rule wants other or x*"),
        ("forges", "the forge is 'github', the rule wants other or x*"),
        (
            "authors",
            "the author is 'Ana Example / ana@example.com / ana-example', "
            "the rule wants other or x*",
        ),
        ("severities", "the severity is 'normal', the rule wants other or x*"),
    ],
)
def test_a_mismatch_is_said_in_a_sentence(field: str, why: str) -> None:
    assert replace(RULE, **{field: ("other", "x*")}).mismatch(RUN) == why


def test_a_star_crosses_slashes() -> None:
    rule = replace(RULE, branches=("release/*",))
    assert rule.mismatch(RUN._replace(branch="release/2026/11")) == ""


def test_a_rule_that_says_nothing_of_the_outcome_is_about_failures() -> None:
    assert RULE.mismatch(run(1)) == ""
    assert RULE.mismatch(run(1, OK)) != ""


def test_what_has_no_outcome_is_not_asked_for_one() -> None:
    assert RULE.mismatch(PUSHED) == ""


def test_the_author_is_found_by_address_before_login() -> None:
    author = Author(email="ANA@example.com", login="somebody-else")
    assert RULES.author("github", author) == ANA


def test_the_author_is_found_by_login_on_that_forge_only() -> None:
    author = Author(email="private@example.org", login="Ana-Example")
    assert RULES.author("github", author) == ANA
    assert RULES.author("gitlab", author) is None


def test_nobody_is_the_author_without_a_name() -> None:
    assert RULES.author("github", Author()) is None


def test_tell_names_people_groups_and_the_author() -> None:
    rule = replace(RULE, tell=("author", "on-call", "ben"))
    assert list(RULES.told_by(rule, RUN, NOON)) == [
        ("is named by 'author'", ANA),
        ("is named by 'on-call'", BEN),
        ("is named by 'ben'", BEN),
    ]


def test_the_rules_reach_those_who_may_be_told_whatever_the_outcome() -> None:
    rules = replace(RULES, rules=(*RULES.rules, replace(RULE, branches=("x",), tell=("cleo",))))
    assert rules.reach(run(1), NOON) == ("ana", "ben")
    assert rules.reach(PUSHED, NOON) == ("ana",)


def test_a_success_reaches_all_who_may_have_been_told_of_the_failure() -> None:
    cleo, dora = (Person(key=key, name=key, phone="+12025550124") for key in ("cleo", "dora"))
    eve = replace(cleo, key="eve", fallback="dora")
    week = Rota(key="week", people=("ben", "cleo"), start=NOON)
    on_call = replace(RULE, name="1", tell=("week",))
    handed = Escalation(after=timedelta(minutes=15), to=("eve",))
    by_ana = replace(RULE, name="2", authors=("ana*",), tell=("author",), escalate=handed)
    rules = replace(
        RULES, people=(ANA, BEN, cleo, dora, eve), rotas=(week,), rules=(on_call, by_ana)
    )
    of_ben = Author(name="Ben Example")
    assert rules.reach(run(1, author=of_ben), NOON) == ("ben", "cleo")
    assert rules.reach(run(1, OK, author=of_ben), NOON) == ("ben", "ana", "cleo", "dora", "eve")
