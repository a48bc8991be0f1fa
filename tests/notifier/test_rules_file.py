import re
from contextlib import suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.errors import BadRules
from notifier.chalicelib.money import Budget
from notifier.chalicelib.quiet import Quiet
from notifier.chalicelib.rota import Override, Rota
from notifier.chalicelib.rules import Escalation, Group, Person, Rule, Rules
from notifier.chalicelib.rules_file import load_rules, read_rules
from tests.notifier.fakes import BUILDS

BERLIN = ZoneInfo("Europe/Berlin")
WHOLE = """\
people:
  ana:
    name: Ana Example
    phone: +12025550123
    email: ana@example.com
    logins: {github: ana-example}
    time_zone: America/New_York
    language: de
    quiet: 22:00-07:00
    hourly: 5
  no:
    name: Norbert
    phone: "+447700900187"
groups:
  on-call: [no]
rotas:
  week:
    people: [ana, no]
    start: 2026-11-02T09:00
    time_zone: Europe/Berlin
    overrides:
      - {person: no, from: 2026-12-24T00:00, to: 2026-12-27T00:00}
topics:
  builds: {arn: "arn:aws:sns:eu-central-1:000000000000:builds"}
rules:
  - name: main is broken
    match:
      kind: pipeline
      outcome: failed
      repository: trivet-*/*
      branch: [main, master]
      workflow: CI
      forge: github
      author: "*@example.com"
      severity: normal
    tell: [author, on-call, week, builds]
    remind: 4h
    severity: critical
    escalate: {after: 15m, to: [week, no]}
    parts: 2
  - match: {kind: push}
    tell: ana
budget:
  month: 20
  mail: builds
  prices: {+1: 0.00645, +44: 0.04}
  max_price: 0.2
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
                zone=ZoneInfo("America/New_York"),
                language="de",
                quiet=Quiet(start=time(22), end=time(7)),
                hourly=5,
            ),
            Person(key="no", name="Norbert", phone="+447700900187"),
        ),
        groups=(Group(key="on-call", members=("no",)),),
        rotas=(
            Rota(
                key="week",
                people=("ana", "no"),
                start=datetime(2026, 11, 2, 9, tzinfo=BERLIN),
                overrides=(
                    Override(
                        person="no",
                        start=datetime(2026, 12, 24, tzinfo=BERLIN),
                        end=datetime(2026, 12, 27, tzinfo=BERLIN),
                    ),
                ),
            ),
        ),
        topics=(BUILDS,),
        budget=Budget(
            month=20_000_000,
            mail="builds",
            prices=(("+1", 6_450), ("+44", 40_000)),
            max_price=200_000,
        ),
        rules=(
            Rule(
                name="main is broken",
                kinds=("pipeline",),
                outcomes=("failed",),
                repositories=("trivet-*/*",),
                branches=("main", "master"),
                workflows=("CI",),
                forges=("github",),
                authors=("*@example.com",),
                severities=("normal",),
                tell=("author", "on-call", "week", "builds"),
                remind=timedelta(hours=4),
                severity="critical",
                escalate=Escalation(after=timedelta(minutes=15), to=("week", "no")),
                parts=2,
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
        "r.yml:4: person ana: phone: is not in the form +12025550123",
        "r.yml:5: person ana: 'shoe' is unknown; did you mean 'phone'?",
        "r.yml:6: person author: the word means whoever wrote the commit",
        "r.yml:8: group on-call: 'bene' is no person; there is: ana, author",
        "r.yml:11: rule 'one': kind: 'pipelin' meets none of alarm, pipeline, push",
        "r.yml:11: rule 'one': match: 'brnch' is unknown; did you mean 'branch'?",
        "r.yml:12: rule 'one': 'anna' is no person, group, rota or topic; did you mean 'ana'?",
        "r.yml:13: rule 2: match: kind missing",
        "r.yml:13: rule 2: outcome: 'broken' meets none of failed, ok",
        "r.yml:13: rule 2: tell missing",
        "r.yml:15: rule 3: 'tell' stands here twice",
    ]


def test_problems_of_rotas_topics_and_times_have_their_lines_too() -> None:
    text = """\
people:
  ana: {name: Ana, phone: "+12025550123", time_zone: Berlin, language: fr}
groups:
  ana: [ana]
rotas:
  week:
    people: [cleo]
    start: monday
    overrides:
      - {person: ana, from: 2026-12-27T00:00, to: 2026-12-24T00:00}
      - {person: ana}
  nobody: {people: [], start: 2026-11-02T09:00}
topics:
  week: {arn: builds}
rules:
  - match: {kind: push, severity: loud}
    tell: [ana]
    remind: 4 hours
    escalate: {after: 721h, to: [ana]}
"""
    assert problems(text) == [
        "r.yml:2: person ana: 'Berlin' is no time zone such as Europe/Berlin",
        "r.yml:2: person ana: 'fr' is no language; there is: de, en",
        "r.yml:4: group ana: a person has that name too",
        "r.yml:7: rota week: 'cleo' is no person; there is: ana",
        "r.yml:8: rota week: start: 'monday' is no time such as 2026-11-02T09:00",
        "r.yml:10: rota week: override: ends before it begins",
        "r.yml:11: rota week: override: from and to missing",
        "r.yml:12: rota nobody: nobody takes turns",
        "r.yml:14: topic week: 'builds' is no ARN of an SNS topic",
        "r.yml:14: topic week: a rota has that name too",
        "r.yml:16: rule 1: severity: 'loud' meets none of normal, critical",
        "r.yml:18: rule 1: remind: '4 hours' is no length of time such as 30m, 4h or 2d",
        "r.yml:19: rule 1: escalate: '721h' is more than 30d",
    ]


def test_problems_of_hours_numbers_and_money_have_their_lines_too() -> None:
    text = """\
people:
  ana: {name: Ana, phone: "+12025550123", quiet: at night, hourly: 0}
budget:
  mail: ana
  month: 20 EUR
  prices: {+1: free}
rules:
  - match: {kind: push}
    tell: [ana]
    severity: urgent
    escalate: {after: soon, to: [author, ben]}
    parts: 3
"""
    assert problems(text) == [
        "r.yml:2: person ana: hourly: '0' is no whole number from 1 to 9999",
        "r.yml:2: person ana: quiet: 'at night' are no hours such as 22:00-07:00",
        "r.yml:4: budget: mail: 'ana' is no topic; there is: none",
        "r.yml:5: budget: month: '20 EUR' is no amount of US dollars such as 0.00645",
        "r.yml:6: budget: price of +1: 'free' is no amount of US dollars such as 0.00645",
        "r.yml:10: rule 1: 'urgent' is no severity; there is: normal, critical",
        "r.yml:11: rule 1: escalate: 'author' is no person, group or rota; there is: ana",
        "r.yml:11: rule 1: escalate: 'ben' is no person, group or rota; there is: ana",
        "r.yml:11: rule 1: escalate: 'soon' is no length of time such as 30m, 4h or 2d",
        "r.yml:12: rule 1: '3' is no number of parts; there is: 1, 2",
    ]


def test_a_mistyped_phone_number_is_not_repeated_since_problems_go_into_the_log() -> None:
    text = "people: {ana: {name: Ana, phone: 0202 555 0199, fallback: +12025550188}}\n"
    found = problems(f"{text}rules: [{{match: {{kind: push}}, tell: +12025550177}}]\n")
    assert len(found) == 3
    assert not re.search("555 ?01[789]", "".join(found))


def test_a_person_without_a_key_is_a_problem_too() -> None:
    text = 'people: {"": {name: Ana, phone: "+12025550123"}}\nrules: []\n'
    assert problems(text) == ["r.yml:1: must be a text, and not empty"]


def test_what_could_never_tell_anybody_is_a_problem() -> None:
    text = """\
people:
  ana: {name: Ana, phone: "+12025550123", logins: {githb: ana}}
topics: {mails: {arn: "arn:aws:sns:eu-central-1:000000000000:mails"}}
groups: {nobody: []}
rules:
  - {name: one, match: {kind: push, forge: [githb, "git*", aws]}, tell: []}
  - {name: one, match: {kind: push}, tell: ana, escalate: {after: 15m, to: []}}
budget:
  month: 20
  mail: mails
  prices: {1: 0.00645, +44: 0.3}
  max_price: 0.2
"""
    assert problems(text) == [
        "r.yml:2: person ana: logins: 'githb' is unknown; did you mean 'github'?",
        "r.yml:4: group nobody: names nothing",
        "r.yml:6: rule 'one': forge: 'githb' meets none of aws, bitbucket, forgejo, gitea, github, "
        "gitlab",
        "r.yml:6: rule 'one': tell: names nothing",
        "r.yml:7: rule 'one': another rule has that name too",
        "r.yml:7: rule 'one': escalate: names nothing",
        "r.yml:11: budget: prices: '1' is no beginning of a phone number such as +44",
        "r.yml:11: budget: prices: a part to +44 costs more than max_price: SNS would refuse it",
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


FALLBACKS = """\
people:
  ana: {name: Ana, phone: "+12025550123", fallback: crew}
  ben: {name: Ben, phone: "+447700900187", fallback: ben}
  cleo: {name: Cleo, phone: "+12025550124", fallback: bem}
groups: {crew: [ben]}
topics: {mails: {arn: "arn:aws:sns:eu-central-1:000000000000:mails"}}
rules: [{match: {kind: push}, tell: [ana]}]
"""


def test_a_fallback_is_a_person_group_or_rota_that_the_file_knows() -> None:
    with pytest.raises(BadRules) as caught:
        read_rules(FALLBACKS, file="r.yml")
    assert caught.value.problems == (
        "r.yml:3: person ben: fallback: nobody stands in for themselves",
        "r.yml:4: person cleo: fallback: 'bem' is no person, group or rota; did you mean 'ben'?",
    )
    good = FALLBACKS.replace("fallback: bem", "fallback: ana").replace("fallback: ben", "")
    assert [it.fallback for it in read_rules(good, file="r.yml").people] == ["crew", "", "ana"]
