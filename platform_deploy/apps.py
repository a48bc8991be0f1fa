"""Read what a Chalice app needs from its `resources.yml`.

Pure but for `read`, which opens the file. It makes nothing and names no policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from . import app_alarms
from .app_alarms import Alarm
from .app_resources import TYPES, Resource, UserPool


class BadResources(Exception):
    """Report every problem of one `resources.yml` at once."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One Lambda function: the actions that its code calls, by the resource's key.

    Lambda feeds it from the queue that it `polls`, and puts it into the network for what it
    `mounts`; X-Ray follows it where it is `traced`. What is called without anybody waiting for it
    (`retries` is not None) is tried again so often; what fails for good goes to `failures`.
    """

    name: str
    uses: Mapping[str, tuple[str, ...]]
    polls: str | None = None
    retries: int | None = None
    failures: str | None = None
    mounts: str | None = None
    traced: bool = False

    @property
    def needs(self) -> frozenset[str]:
        """The keys of the resources that it works with."""
        return frozenset(filter(None, (*self.uses, self.polls, self.mounts, self.failures)))


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One Chalice app at one stage; what its functions say is kept for `log_days`.

    A variable's value is a text, `RESOURCE.ATTRIBUTE` of what AWS says of a resource, or `api.url`.
    `hidden` are variables and the SSM parameters with their values, which stand in no file.
    `use` tells how the app is used, with such values in braces.
    """

    application: str
    stage: str
    resources: Mapping[str, Resource]
    functions: tuple[Function, ...] = field(default=())
    alarms: tuple[Alarm, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    use: str = ""
    log_days: int = 30

    def lambda_name(self, function: Function) -> str:
        """Return the name that Chalice gives the function in AWS."""
        base = f"{self.application}-{self.stage}"
        return base if function.name == "api_handler" else f"{base}-{function.name}"

    def role_names(self, function: Function) -> tuple[str, ...]:
        """Return the names of the function's role: by `chalice deploy`, and by its stack."""
        base = f"{self.application}-{self.stage}"
        words = function.name.replace("-", "_").split("_")
        logical = "".join(f"{it[:1].upper()}{it[1:]}" for it in (*words, "role"))
        return f"{base}-{function.name}", f"{base}-{logical}-*"

    def all_of(self, kind: type[R]) -> tuple[R, ...]:
        """Return the resources of one type."""
        return tuple(it for it in self.resources.values() if isinstance(it, kind))

    def without(self, kind: type[Resource]) -> "App":
        """Return the app without the resources of a type that nothing else names."""
        kept = {key: it for key, it in self.resources.items() if not isinstance(it, kind)}
        return replace(self, resources=kept)

    def with_first_user(self, mail: str) -> "App":
        """Return the app with the first user of its user pools."""
        pools = {k: it for k, it in self.resources.items() if isinstance(it, UserPool)}
        invited = {key: replace(it, first_user=mail) for key, it in pools.items()}
        return replace(self, resources={**self.resources, **invited})

    def users_of(self, name: str) -> tuple[Function, ...]:
        """Return the functions that work with the resource of this name."""
        keys = {key for key, it in self.resources.items() if getattr(it, "name", "") == name}
        return tuple(it for it in self.functions if it.needs & keys)


def read(path: Path, *, stage: str) -> App:
    """Return the app of a `resources.yml`; raises BadResources with every problem."""
    try:
        text = Template(path.read_text(encoding="utf-8")).substitute(stage=stage)
        document = YAML(typ="safe", pure=True).load(text)
    except OSError as error:
        raise BadResources(path, (f"cannot be read: {error.strerror}",)) from error
    except (YAMLError, KeyError, ValueError) as error:
        raise BadResources(path, (f"is not such a file: {error}",)) from error
    return parse(document, path=path, stage=stage)


def parse(document: Any, *, path: Path, stage: str) -> App:
    """Return the app of a parsed document; raises BadResources with every problem."""
    problems: list[str] = []
    if not isinstance(document, dict) or "application" not in document:
        raise BadResources(path, ("needs the keys application, resources and functions",))
    resources = {
        key: resource
        for key, entry in (document.get("resources") or {}).items()
        if (resource := _resource(key, entry, problems)) is not None
    }
    functions = tuple(
        Function(
            name=name,
            uses={k: tuple(actions) for k, actions in (entry.get("uses") or {}).items()},
            polls=entry.get("polls"),
            retries=entry.get("retries"),
            failures=entry.get("failures"),
            mounts=entry.get("mounts"),
            traced=bool(entry.get("traced")),
        )
        for name, entry in (document.get("functions") or {}).items()
    )
    problems += _dangling(functions, resources)
    alarms = app_alarms.alarms(
        document.get("alarms") or (), resources, (it.name for it in functions), problems
    )
    if problems:
        raise BadResources(path, tuple(problems))
    return App(
        application=document["application"],
        stage=stage,
        resources=resources,
        functions=functions,
        alarms=alarms,
        variables=document.get("variables") or {},
        hidden=document.get("hidden") or {},
        use=document.get("use") or "",
        log_days=int(document.get("log_days", 30)),
    )


def _resource(key: str, entry: Mapping[str, Any], problems: list[str]) -> Resource | None:
    kind = entry.get("type")
    if kind not in TYPES:
        problems.append(f"resources.{key}: type {kind!r} is none of {', '.join(sorted(TYPES))}")
        return None
    try:
        return TYPES[kind](entry)
    except (KeyError, TypeError, ValueError) as error:
        problems.append(f"resources.{key}: a {kind} needs {error}")
        return None


def _dangling(functions: tuple[Function, ...], resources: Mapping[str, Resource]) -> list[str]:
    return [
        f"functions.{function.name}: there is no resource {key!r}"
        for function in functions
        for key in sorted(function.needs - resources.keys())
    ]
