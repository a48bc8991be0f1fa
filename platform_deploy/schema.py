"""Say which fields a manifest may have, what each is, and which take effect.

Pure: it gives the table `manifests` its types; the words of its rules are explained there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from .tables import table

LATER: Final = "later"
EACH: Final = "*"  # any name, each with the same fields
OTHER: Final = "_"  # the form that is no map

LOAD_BALANCED: Final = "Load Balanced Web Service"
BACKEND: Final = "Backend Service"
WORKER: Final = "Worker Service"
REQUEST_DRIVEN: Final = "Request-Driven Web Service"
JOB: Final = "Scheduled Job"
ENVIRONMENT: Final = "Environment"
TRIVET: Final = "copilot/trivet.yml"
PIPELINE: Final = "pipeline"
STAGE: Final = "stage of a pipeline"
TYPES_LATER: Final = ("Static Site",)
OVERRIDES: Final = "environments"

_RULE = re.compile(
    r"(?P<kind>\w+)( (?P<low>\d+)\.\.(?P<high>\d+))?((?<=one_of) (?P<words>\S+))?"
    r"( like (?P<like>\w+))?( = (?P<usual>\S+))?( \(Copilot: (?P<copilots>\S+)\))?"
    r"( as (?P<member>\w+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a string must look like, and what is said of one that does not."""

    pattern: re.Pattern[str]
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a field is: its kind, between which bounds or of which words, what it is when missing.

    `usual` is Trivet's default and Copilot's, as text, None for nothing; `member` is the name in
    Trivet's values.
    """

    kind: str = "text"
    low: int = 0
    high: int = 0
    words: tuple[str, ...] = ()
    form: Form | None = None
    usual: tuple[str | None, str | None] = (None, None)
    member: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The fields of a map; `other` is the form that is no map, None where it must be one."""

    fields: "Mapping[str, Rule | Table]"
    other: Rule | None = None

    def get(self, key: str) -> "Rule | Table | None":
        """Return what a key is, None for one that is none."""
        return self.fields.get(key) or self.fields.get(EACH)

    def rule(self, path: str) -> Rule:
        """Return the rule at a dotted path: a string's where the table says nothing."""
        found: Rule | Table | None = self
        for key in path.split("."):
            found = found.get(key) if isinstance(found, Table) else None
        return (found.other if isinstance(found, Table) else found) or Rule()

    def inside(self, path: str) -> "Table":
        """Return the table at a dotted path, empty where there is none."""
        found: Rule | Table | None = self
        for key in filter(None, path.split(".")):
            found = found.get(key) if isinstance(found, Table) else None
        return found if isinstance(found, Table) else NO_FIELDS


NO_FIELDS: Final = Table(fields={})


def _entry(key: str, said: Any) -> Rule | Table:
    """Return the rule or table that the words stand for."""
    if isinstance(said, Mapping):
        inner = {name: _entry(name, it) for name, it in said.items() if name != OTHER}
        return Table(fields=inner, other=_rule(key, said[OTHER]) if OTHER in said else None)
    part, _, other = said.partition(" or ")
    if not part.startswith("@"):
        return _rule(key, said)
    return replace(PARTS[part[1:]], other=_rule(key, other) if other else None)


def _rule(key: str, said: str) -> Rule:
    found = _RULE.fullmatch(said)
    assert found, said  # noqa: S101 - the table is ours, not a user's
    usual = found["usual"]
    copilots = found["copilots"] or usual
    return Rule(
        kind=found["kind"],
        low=int(found["low"] or 0),
        high=int(found["high"] or 0),
        words=tuple(filter(None, (found["words"] or "").split("|"))),
        form=FORMS[found["like"]] if found["like"] else None,
        usual=(usual, None if copilots == "none" else copilots),
        member=found["member"] or key,
    )


def _of_type(said: Mapping[str, Any]) -> Table:
    base = _base(said)
    kept = {name: base[name] for name in said.get("only", base)}
    own = {name: _entry(name, it) for name, it in said["fields"].items()}
    found = Table(fields={**kept, **own})
    for path in said.get("without", ()):
        found = _without(found, *path.split("."))
    return found


def _base(said: Mapping[str, Any]) -> "Mapping[str, Rule | Table]":
    return PARTS[said["of"]].fields if "of" in said else {}


def _without(table: Table, name: str, *inner: str) -> Table:
    fields = dict(table.fields)
    gone = fields.pop(name)
    if inner and isinstance(gone, Table):
        fields = {**table.fields, name: _without(gone, *inner)}
    return replace(table, fields=fields)


_SAID = table("manifests")
FORMS = {
    name: Form(pattern=re.compile(it), says=says) for name, (it, says) in _SAID["forms"].items()
}
PARTS: dict[str, Table] = {}
for _name, _said in _SAID["parts"].items():
    PARTS[_name] = Table(fields={key: _entry(key, it) for key, it in _said.items()})
OF_TYPE = {kind: _of_type(said) for kind, said in _SAID["types"].items()}
# The same by which a manifest is read: what a type cannot say is as where nothing is said.
READ_BY = {
    kind: Table(fields={**_base(_SAID["types"][kind]), **own.fields})
    for kind, own in OF_TYPE.items()
}
LOG_DAYS: list[int] = _SAID["log_days"]
FARGATE: dict[int, list[int]] = {int(cpu): it for cpu, it in _SAID["fargate"].items()}
SCHEDULES: Mapping[str, str] = _SAID["schedules"]
# Of each field of a cron schedule: name, lowest and highest number, names that stand for numbers.
CRON: list[tuple[str, int, int, list[str]]] = _SAID["cron"]
EXCLUSIVE: Mapping[str, list[list[str]]] = _SAID["exclusive"]
ALSO = {word: meant for meant, words in _SAID["also"].items() for word in words}
