"""What an account has once in a region, for everybody in it: whose role it names, they hold it.

It has no kind of its own: the settings use it, and `iam_role` makes their roles. An environment
takes what nobody holds, leaves what another holds as it is, and gives back what it holds.
"""

from collections.abc import Callable, Iterator, Mapping

from ..app_resources import SmsSettings
from ..aws import Account
from ..model import Project
from ..resource import (
    Address,
    Attributes,
    Observed,
    Properties,
    Pseudo,
    Ref,
    Scope,
    Text,
    Value,
    arn,
)
from . import of_apps, permissions

ROLE = "AWS::IAM::Role"
HELD_BY = "HeldBy"  # the attribute that names another holder
API_LOGS, SMS_LOGS = "api-logs", "sms-logs"
# Which of AWS's services takes a role, and what it does under it.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
# https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html
TRUSTED = {API_LOGS: "apigateway.amazonaws.com", SMS_LOGS: "sns.amazonaws.com"}
_WRITE = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_READ = (
    *("logs:DescribeLogGroups", "logs:DescribeLogStreams"),
    *("logs:FilterLogEvents", "logs:GetLogEvents"),
)


def roles(project: Project) -> Iterator[tuple[str, Value]]:
    """Yield the use of each role, and what it allows."""
    if project.apps:  # API Gateway takes no role that may less, or not for all log groups
        yield API_LOGS, permissions.allow("*", *_WRITE, *_READ)
    if list(of_apps.asked(project, SmsSettings)):
        place = (Pseudo(name="AWS::Region"), "/", Pseudo(name="AWS::AccountId"))
        own = arn("logs", "log-group:sns/")
        groups = Text(parts=(*own.parts, *place, "/DirectPublishToPhoneNumber*"))
        yield SMS_LOGS, permissions.allow(groups, *_WRITE)


def role(project: Project, use: str) -> Address:
    """Return the address of a role."""
    return Address(kind=ROLE, name=f"{project.name}-{use}")


def role_arn(project: Project, use: str) -> Ref:
    """Return the reference to a role."""
    return Ref(address=role(project, use), attribute="Arn")


def address(project: Project, kind: str) -> Address:
    """Return the address of a setting."""
    return Address(kind=kind, name=f"account-wide ({project.name})")


def take(api: str, action: str) -> Callable[[Account, Mapping[str, object]], Attributes]:
    """Return how a setting is taken by a call whose answer says nothing."""

    def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
        account.write(api, action, **parameters)
        return {HELD_BY: ""}

    return create


def held(
    scope: Scope, kind: str, use: str, holder: str, told: Properties | None = None
) -> Iterator[Observed]:
    """Yield a setting that somebody holds, as `told`; another's as if it were as wanted.

    `holder` is the ARN of the role that it names, or says otherwise whose it is; empty if nobody's.
    What is another's is not there for whoever takes all of the environment away.
    """
    project = scope.project
    is_ours = holder.endswith(f":role/{role(project, use).name}")
    if is_ours or (holder and scope.of_kind(kind) and not scope.is_thorough):
        wanted = next((it.properties for it in scope.of_kind(kind)), {})
        yield Observed(
            address=address(project, kind),
            properties=told or {} if is_ours else wanted,
            attributes={HELD_BY: "" if is_ours else holder},
            tags=project.tags(None),
        )
