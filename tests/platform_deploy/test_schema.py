"""The table of a manifest's fields: its rules have types, and values are filled by it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from platform_deploy.document import parse
from platform_deploy.fields import READ, Fields
from platform_deploy.schema import EACH, OF_TYPE, PARTS, READ_BY, Rule, Table
from platform_deploy.settings import Settings

WITHOUT_A_READER = {"later", "list", "open"}


def rules(table: Table, path: str = "") -> Iterator[tuple[str, Rule]]:
    """Every rule of a table, also of the forms that are no map."""
    if table.other:
        yield path, table.other
    for key, it in table.fields.items():
        if isinstance(it, Table):
            yield from rules(it, f"{path}.{key}")
        else:
            yield f"{path}.{key}", it


def is_whole(rule: Rule) -> bool:
    """Whether a rule has the bounds or words that its kind asks for, and defaults within them."""
    is_bounded = rule.kind in ("integer", "number", "seconds")
    if rule.kind not in READ | WITHOUT_A_READER or bool(rule.high) != is_bounded:
        return False
    if rule.low > rule.high or bool(rule.words) != (rule.kind == "one_of"):
        return False
    usual = [it for it in rule.usual if it]
    return all(rule.low <= int(it) <= rule.high if is_bounded else True for it in usual) and (
        not rule.words or set(usual) <= set(rule.words)
    )


def test_a_rule_is_of_a_known_kind_and_whole() -> None:
    tables = (*OF_TYPE.items(), *PARTS.items())
    every = [(f"{name}{path}", rule) for name, table in tables for path, rule in rules(table)]
    assert len(every) > 500
    assert [path for path, rule in every if not is_whole(rule)] == []


def test_a_rule_says_kind_bounds_defaults_and_member() -> None:
    assert PARTS["rule_check"].fields["interval"] == Rule(
        kind="seconds", low=5, high=300, usual=("10", None), member="interval"
    )
    assert PARTS["http"].fields["redirect_to_https"] == Rule(kind="boolean", member="redirect")
    assert PARTS["queue"].rule("fifo") == Rule(kind="boolean", member="fifo")
    assert PARTS["queue"].rule("nothing") == Rule()


def test_a_name_of_anybodys_own_leads_to_the_same_fields() -> None:
    service = OF_TYPE["Backend Service"]
    volumes = service.inside("storage.volumes")
    assert service.inside("storage.volumes.any") is volumes.fields[EACH]
    assert service.rule("storage.volumes.any.read_only").usual == ("true", "true")


def test_what_a_type_cannot_say_is_read_as_where_nothing_is_said() -> None:
    assert "logging" not in OF_TYPE["Request-Driven Web Service"].fields
    assert READ_BY["Request-Driven Web Service"].rule("logging.retention").usual == ("30", "30")
    assert READ_BY["Request-Driven Web Service"].rule("cpu").usual == ("1024", "1024")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    path: str
    port: int | None = None
    interval: int | None = None
    timeout: int | None = None
    success_codes: str = "all"


@pytest.mark.parametrize(
    ("text", "copilots", "expected"),
    [
        ("{}", False, Check(path="/", interval=10)),
        ("{}", True, Check(path="/")),
        ("{interval: 1m, port: 80}", True, Check(path="/", interval=60, port=80)),
        ("{interval: 1h, success_codes: ''}", False, Check(path="/", interval=10)),
        ("{path: /x, success_codes: '200'}", True, Check(path="/", success_codes="200")),
    ],
)
def test_a_value_is_filled_by_what_is_given_said_and_usual(
    text: str, copilots: bool, expected: Check
) -> None:
    root, _ = parse(f"http: {{healthcheck: {text}}}", "m.yml", None)
    settings = Settings(copilot_defaults=copilots)
    table = OF_TYPE["Backend Service"]
    fields = Fields(file="m.yml", root=root, table=table, settings=settings)
    assert fields.into(Check, "http.healthcheck", path="/") == expected
    told = [it.text for it in fields.problems]
    assert told == (
        ["http.healthcheck.interval must be 5 to 300 whole seconds, not 1h"] if "1h" in text else []
    )
