"""Make, change and remove one CloudFormation stack, and wait for it.

Only the apps' package road comes here; what stands is read from CloudFormation each time, so a run
that was cut off goes on where it was. The clock is the account's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .aws import Account, Answer
from .errors import AwsError, NotSteady, permission_in

MAY = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]  # roles, and the SAM transform
PAUSE = 2.0  # seconds between looks
LOOKS = 1800  # an hour; a file system's network interfaces alone take twenty minutes to go
# From these a stack cannot be changed; it can only be removed and made again.
BROKEN = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack as it stands."""

    name: str
    status: str
    description: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        """Tell whether the last change was carried out."""
        return self.status in GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a stack is to be: `template` is the URL of its text, `parameters` its values."""

    name: str
    template: str
    parameters: Mapping[str, str]

    def request(self) -> dict[str, object]:
        """Return the members of CreateStack and UpdateStack."""
        values = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
        ]
        return {
            "StackName": self.name,
            "TemplateURL": self.template,
            "Parameters": values,
            "Capabilities": MAY,
        }


def find(account: Account, name: str) -> Stack | None:
    """Return the stack once nothing is under way, None where there is none."""
    for _ in range(LOOKS):
        found = _look(account, name)
        if found is None or not found.status.endswith("_IN_PROGRESS"):
            return found
        account.sleep(PAUSE)
    raise NotSteady((f"{name} is still {found.status if found else 'absent'}; run again later",))


def put(account: Account, wanted: Wanted, standing: Stack | None) -> Stack:
    """Make the stack, or change what stands; raises NotSteady with CloudFormation's reasons."""
    if standing and standing.status in BROKEN:
        remove(account, standing.name)
        standing = None
    if standing is None:
        account.write("cloudformation", "CreateStack", **wanted.request())
    else:
        try:
            account.write("cloudformation", "UpdateStack", **wanted.request())
        except AwsError as error:
            if "No updates are to be performed" not in error.said:
                raise
    found = find(account, wanted.name)
    if found is None or not found.is_good:
        raise NotSteady(tuple(_reasons(account, wanted.name, found)))
    return found


def remove(account: Account, name: str) -> None:
    """Remove the stack and all it made; raises NotSteady with CloudFormation's reasons."""
    account.write("cloudformation", "DeleteStack", StackName=name)
    found = find(account, name)
    if found is not None:
        raise NotSteady(tuple(_reasons(account, name, found)))


def _look(account: Account, name: str) -> Stack | None:
    try:
        answer = account.read("cloudformation", "DescribeStacks", StackName=name)
    except AwsError as error:
        if error.code == "ValidationError" and "does not exist" in error.said:
            return None
        raise
    it = answer["Stacks"][0]
    if it["StackStatus"] == "DELETE_COMPLETE":
        return None
    outputs = {o["OutputKey"]: o["OutputValue"] for o in it.get("Outputs", [])}
    given = {p["ParameterKey"]: p["ParameterValue"] for p in it.get("Parameters", [])}
    return Stack(
        name=name,
        status=it["StackStatus"],
        description=it.get("Description", ""),
        outputs=outputs,
        parameters=given,
    )


def _reasons(account: Account, name: str, found: Stack | None) -> Iterator[str]:
    """Yield how the stack stands, and what of it failed, the first cause first."""
    yield f"stack {name}: {found.status if found else 'is gone'}"
    events = account.read("cloudformation", "DescribeStackEvents", StackName=name)
    yield from (_said(it) for it in reversed(events["StackEvents"]) if _is_cause(it))


def _is_cause(event: Answer) -> bool:
    reason = event.get("ResourceStatusReason", "")
    failed: bool = event["ResourceStatus"].endswith("_FAILED")
    return failed and reason != "" and "cancelled" not in reason


def _said(event: Answer) -> str:
    name, kind = event.get("LogicalResourceId", ""), event.get("ResourceType", "")
    reason = event["ResourceStatusReason"]
    hint = permission_in(reason)
    return f"{kind} {name}: {reason}" + (f". Try: {hint}" if hint else "")
