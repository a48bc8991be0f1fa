"""What the records of a zone and the rules of listeners say: whose a name is, where it leads.

It has no kind of its own: `record` uses it.
"""

import re
from collections.abc import Iterator

from .. import calls, exposure, naming
from ..aws import Account, Answer
from ..errors import NotConfigured
from ..lookups import HOSTED_ZONE
from ..model import Project
from ..resource import Known, Pseudo, maps
from ..routing import INTERNAL, PUBLIC
from . import listener_rule, load_balancer


def rules_by_host(known: Known) -> dict[str, str]:
    """Return the ARN of a rule for each host name that the live rules compare."""
    found: dict[str, str] = {}
    for rule in known.get(listener_rule.KIND, ()):
        for condition in maps(rule.properties.get("Conditions")):
            for header in maps((condition.get("HostHeaderConfig", {}),)):
                values = header.get("Values", ())
                hosts = values if isinstance(values, tuple) else ()
                found |= {str(host): rule.attributes["RuleArn"] for host in hosts}
    return found


def owner(account: Account, project: Project, rule: str | None) -> str:
    """Return the workload of a rule; a record that no rule serves belongs to whoever sees it."""
    tags = calls.read_tags(account, "elbv2", [rule])[rule] if rule else {}
    return tags.get(naming.WORKLOAD) or project.workloads[0].name


def closest(account: Account, host: str) -> str:
    """Return the id of the public zone that keeps a host name, nothing where none does."""
    try:
        return account.pseudo(f"{HOSTED_ZONE}{host.removeprefix('*.')}")
    except NotConfigured:
        return ""


def records(account: Account, zone: str) -> Iterator[Answer]:
    """Yield all records of a zone."""
    start: dict[str, object] = {}
    while True:
        answer = account.read("route53", "ListResourceRecordSets", HostedZoneId=zone, **start)
        yield from answer["ResourceRecordSets"]
        if not answer.get("IsTruncated"):
            return
        parts = ("Name", "Type", "Identifier")
        start = {
            f"StartRecord{it}": answer[f"NextRecord{it}"]
            for it in parts
            if f"NextRecord{it}" in answer
        }


def is_ours(account: Account, project: Project, record: Answer) -> bool:
    """Tell whether a record leads to a load balancer of the environment, or to an imported one."""
    name = target(record)
    own = (load_balancer.address(project, it).name for it in (PUBLIC, INTERNAL))
    names = "|".join(map(re.escape, own))
    if re.fullmatch(rf"(internal-)?({names})-\w+\.{account.region}\.elb\..+", name):
        return True
    others = {it.balancer for it in project.workloads if it.rules} - {PUBLIC, INTERNAL}
    there = (it for it in others if exposure.imported(project, it).protocols)
    facts = (load_balancer.attribute(project, "DNSName", it) for it in there)
    return name in {account.pseudo(it.name) for it in facts if isinstance(it, Pseudo)}


def target(record: Answer) -> str:
    """Return the name that an alias record leads to."""
    name = str(record.get("AliasTarget", {}).get("DNSName", ""))
    return name.rstrip(".").removeprefix("dualstack.")
