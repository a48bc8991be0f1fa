"""Say what a Chalice app may ask for: one value a type, and the parser of its entry.

Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


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
class Parameter(Resource):
    """One SSM parameter that a person may write, by its name without its leading slash."""

    PATTERN = "arn:aws:ssm:*:*:parameter/{it.name}"
    name: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSettings(Resource):
    """How SNS sends SMS, for all that is in the account and region.

    It spends `spend_limit` US dollars a month at most, and logs `logged_percent` of what arrived;
    what did not arrive is always logged.
    """

    PATTERN = "*"  # the account's settings have no ARN
    spend_limit: int
    logged_percent: int


# How people sign in: AWS's word for each way that a client of a pool takes.
# https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
SIGN_IN = ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPool(Resource):
    """A Cognito user pool with one client for sign-in by password, and its groups.

    The `first_user`, by their e-mail address, is a member of the first group.
    """

    PATTERN = "arn:aws:cognito-idp:*:*:userpool/*"  # AWS chooses the id
    name: str
    groups: tuple[str, ...] = ()
    first_user: str = ""


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


def _queue(entry: Mapping[str, Any]) -> Resource:
    dead = entry["dead_letters"]
    return Queue(
        name=entry["name"],
        visibility_seconds=int(entry["visibility_seconds"]),
        dead_letters=dead["name"],
        receives=int(dead["after"]),
    )


# One row a type that an app may ask for: the parser of its entry.
TYPES: dict[str, Callable[[Mapping[str, Any]], Resource]] = {
    "queue": _queue,
    "dead_letters": lambda e: DeadLetters(name=e["name"]),
    "table": lambda e: Table(name=e["name"], key=e["key"], expires=e["expires"]),
    "topic": lambda e: Topic(name=e["name"]),
    "topics": lambda _: Topics(),
    "parameters": lambda e: Parameters(
        path=e["path"].strip("/"), generated=tuple(e.get("generated", ()))
    ),
    "parameter": lambda e: Parameter(name=e["name"].strip("/")),
    "secrets": lambda e: Secrets(path=e["path"].strip("/")),
    "phone_numbers": lambda _: PhoneNumbers(),
    "sms_settings": lambda e: SmsSettings(
        spend_limit=int(e["spend_limit"]), logged_percent=int(e["logged_percent"])
    ),
    "user_pool": lambda e: UserPool(
        name=e["name"],
        groups=tuple(e.get("groups", ())),
        first_user=e.get("first_user", ""),
    ),
    "file_system": lambda e: FileSystem(
        name=e["name"],
        path=e["path"],
        owner=int(e["owner"]),
        cold_after_days=int(e["cold_after_days"]),
    ),
}
