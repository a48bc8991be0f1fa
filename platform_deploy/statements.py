"""Spell ARNs and the statements of policies, which so many resources have.

Pure.
"""

from .resource import Pseudo, Ref, Text, Value, present

PARTITION, NUMBER = Pseudo(name="AWS::Partition"), Pseudo(name="AWS::AccountId")
REGION = Pseudo(name="AWS::Region")
ALLOW, DENY = "Allow", "Deny"
NOT_SECURE: Value = {"Bool": {"aws:SecureTransport": "false"}}


def arn(api: str, *resource: str | Ref | Pseudo) -> Text:
    """Return the ARN of something of this account and region, by its name."""
    return Text(parts=("arn:", PARTITION, f":{api}:", REGION, ":", NUMBER, ":", *resource))


def global_arn(api: str, *resource: str | Ref | Pseudo) -> Text:
    """Return the ARN of something of this account in all regions."""
    return Text(parts=("arn:", PARTITION, f":{api}::", NUMBER, ":", *resource))


def nobodys_arn(api: str, *resource: str | Ref | Pseudo) -> Text:
    """Return the ARN of something whose name says enough, without account and region."""
    return Text(parts=("arn:", PARTITION, f":{api}:::", *resource))


def document(*statements: Value) -> Value:
    """Return a policy of these statements."""
    return {"Version": "2012-10-17", "Statement": statements}


def allow(
    resource: Value, *actions: str, to: Value = None, where: Value = None, sid: str = ""
) -> dict[str, Value]:
    """Return the statement that allows the actions on a resource, or on several.

    `to` is who may, in a resource's own policy; `where` is the condition.
    """
    return statement(ALLOW, actions, resource=resource, to=to, where=where, sid=sid)


def statement(
    effect: str,
    actions: Value,
    *,
    resource: Value = None,
    to: Value = None,
    where: Value = None,
    sid: str = "",
) -> dict[str, Value]:
    """Return a statement without the members that are not given."""
    said: dict[str, Value] = {"Sid": sid, "Effect": effect, "Principal": to, "Action": actions}
    return present({**said, "Resource": resource, "Condition": where})
