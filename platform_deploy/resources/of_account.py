"""What an account has once in a region, for everybody in it: whose role it names, they hold it.

It has no kind of its own: the settings use it, and `iam_role` makes their roles. An environment
takes what nobody holds, leaves what another holds as it is, and gives back what it holds.
"""

from collections.abc import Callable, Iterator, Mapping

from ..app_resources import SmsSettings
from ..aws import Account
from ..kind import Look
from ..model import Project
from ..resource import Address, Attributes, Observed, Properties, Ref, Value
from ..statements import NUMBER, REGION, allow, arn
from . import of_apps

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
DELIVERIES = "DirectPublishToPhoneNumber"  # how the log group of SMS ends


def roles(project: Project) -> Iterator[tuple[str, Value]]:
    """Yield the use of each role, and what it allows."""
    if project.apps:  # API Gateway takes no role that may less, or not for all log groups
        yield API_LOGS, allow("*", *_WRITE, *_READ)
    if any(of_apps.asked(project, SmsSettings)):
        groups = arn("logs", "log-group:sns/", REGION, "/", NUMBER, f"/{DELIVERIES}*")
        yield SMS_LOGS, allow(groups, *_WRITE)


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


def held(look: Look, use: str, holder: str, told: Properties | None = None) -> Iterator[Observed]:
    """Yield a setting that somebody holds, as `told`; another's as if it were as wanted.

    `holder` is the ARN of the role that it names, or says otherwise whose it is; empty if nobody's.
    What is another's is not there for whoever takes all of the environment away.
    """
    project, wanted = look.project, [*look.wanted.values()]
    is_ours = holder.endswith(f":role/{role(project, use).name}")
    if is_ours or (holder and wanted and not look.scope.is_thorough):
        yield Observed(
            address=address(project, look.of.kind),
            properties=told or {} if is_ours else wanted[0].properties,
            attributes={HELD_BY: "" if is_ours else holder},
            tags=project.tags(None),
        )
