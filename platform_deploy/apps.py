"""Read what a Chalice app needs from its `resources.yml`.

Pure but for `read`, which opens the file. It makes nothing and names no policy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any, ClassVar, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


class BadResources(Exception):
    """Report every problem of one `resources.yml` at once."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


class Resource:
    """What policies name: PATTERN is its ARN in any account and region."""

    __slots__ = ()
    PATTERN: ClassVar[str]

    @property
    def arn(self) -> str:
        """The pattern that names it in any account and region."""
        return self.PATTERN.format(it=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Resource):
    """An SQS queue whose messages go to `dead_letters` after `receives` failed tries."""

    PATTERN = "arn:aws:sqs:*:*:{it.name}"
    name: str
    visibility_seconds: int
    dead_letters: str
    receives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Resource):
    """A DynamoDB table on demand with one string key and a time-to-live attribute."""

    PATTERN = "arn:aws:dynamodb:*:*:table/{it.name}"
    name: str
    key: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic(Resource):
    """An SNS topic."""

    PATTERN = "arn:aws:sns:*:*:{it.name}"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics(Resource):
    """Topics of others, whichever the rules name."""

    PATTERN = "arn:aws:sns:*:*:*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Resource):
    """A folder of SSM parameters, without its leading slash.

    The `generated` ones in it are secrets that are made up once.
    """

    PATTERN = "arn:aws:ssm:*:*:parameter/{it.path}/*"
    path: str
    generated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets(Resource):
    """A folder of names in Secrets Manager, without its leading slash."""

    PATTERN = "arn:aws:secretsmanager:*:*:secret:{it.path}/*"
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters(Resource):
    """The queue of another queue's dead letters, which is made with that one."""

    PATTERN = "arn:aws:sqs:*:*:{it.name}"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumbers(Resource):
    """Telephones, to which SNS publishes directly."""

    PATTERN = "*"  # neither a phone number nor the account's SMS settings have an ARN


# How people sign in: AWS's word for each way that a client of a pool takes.
# https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
SIGN_IN = ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPool(Resource):
    """A Cognito user pool with one client for sign-in by password, and its groups."""

    PATTERN = "arn:aws:cognito-idp:*:*:userpool/*"  # AWS chooses the id
    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem(Resource):
    """An EFS file system; functions see its folder `path` as the user and group `owner`.

    What nobody read for `cold_after_days` lies in the cheaper storage class.
    """

    PATTERN = "arn:aws:elasticfilesystem:*:*:file-system/*"  # AWS chooses the id
    name: str
    path: str
    owner: int
    cold_after_days: int


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

    def users_of(self, name: str) -> tuple[Function, ...]:
        """Return the functions that work with the resource of this name."""
        keys = {key for key, it in self.resources.items() if getattr(it, "name", "") == name}
        return tuple(it for it in self.functions if it.needs & keys)


def _queue(entry: Mapping[str, Any]) -> Resource:
    dead = entry["dead_letters"]
    return Queue(
        name=entry["name"],
        visibility_seconds=int(entry["visibility_seconds"]),
        dead_letters=dead["name"],
        receives=int(dead["after"]),
    )


# One row a type that an app may ask for: the parser of its entry.
_TYPES: dict[str, Callable[[Mapping[str, Any]], Resource]] = {
    "queue": _queue,
    "dead_letters": lambda e: DeadLetters(name=e["name"]),
    "table": lambda e: Table(name=e["name"], key=e["key"], expires=e["expires"]),
    "topic": lambda e: Topic(name=e["name"]),
    "topics": lambda _: Topics(),
    "parameters": lambda e: Parameters(
        path=e["path"].strip("/"), generated=tuple(e.get("generated", ()))
    ),
    "secrets": lambda e: Secrets(path=e["path"].strip("/")),
    "phone_numbers": lambda _: PhoneNumbers(),
    "user_pool": lambda e: UserPool(name=e["name"], groups=tuple(e.get("groups", ()))),
    "file_system": lambda e: FileSystem(
        name=e["name"],
        path=e["path"],
        owner=int(e["owner"]),
        cold_after_days=int(e["cold_after_days"]),
    ),
}


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
    if problems:
        raise BadResources(path, tuple(problems))
    return App(
        application=document["application"],
        stage=stage,
        resources=resources,
        functions=functions,
        variables=document.get("variables") or {},
        hidden=document.get("hidden") or {},
        use=document.get("use") or "",
        log_days=int(document.get("log_days", 30)),
    )


def _resource(key: str, entry: Mapping[str, Any], problems: list[str]) -> Resource | None:
    kind = entry.get("type")
    if kind not in _TYPES:
        problems.append(f"resources.{key}: type {kind!r} is none of {', '.join(sorted(_TYPES))}")
        return None
    try:
        return _TYPES[kind](entry)
    except (KeyError, TypeError, ValueError) as error:
        problems.append(f"resources.{key}: a {kind} needs {error}")
        return None


def _dangling(functions: tuple[Function, ...], resources: Mapping[str, Resource]) -> list[str]:
    return [
        f"functions.{function.name}: there is no resource {key!r}"
        for function in functions
        for key in sorted(function.needs - resources.keys())
    ]
