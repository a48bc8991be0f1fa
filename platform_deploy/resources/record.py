"""A name that leads to a load balancer, `AWS::Route53::RecordSet`.

Route 53 keeps no tags of records. One that leads to our load balancer is ours, and belongs to the
workload whose rule has the name; one that leads elsewhere is never touched.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .. import exposure
from ..aws import Account, Answer
from ..errors import NotFound
from ..kind import Found, Live, Look, ResourceType, Wanted
from ..lookups import HOSTED_ZONE
from ..model import Project, Workload
from ..resource import Address, Attributes, Desired, Known, Properties, Pseudo, Value, rendered
from ..routing import INTERNAL
from . import hosted_zone, listener_rule, load_balancer, record_set

KIND = "AWS::Route53::RecordSet"


def desired(project: Project) -> Wanted:
    """Yield a record for each name of each workload, once its rules are there."""
    for workload in project.workloads:
        for alias in exposure.recorded(project, workload):
            zone = alias.hosted_zone or Pseudo(name=f"{HOSTED_ZONE}{alias.name.removeprefix('*.')}")
            yield _record(project, workload, alias.name, zone)
        inside = f".{exposure.zone_name(project)}"
        hosts = {h for rule in workload.rules for h in exposure.hosts(project, workload, rule)}
        for host in sorted(hosts) if workload.balancer == INTERNAL else ():
            if host.endswith(inside):
                yield _record(project, workload, host, hosted_zone.zone_id(project))


def _record(project: Project, workload: Workload, name: str, zone: Value) -> Desired:
    def of_balancer(attribute: str) -> Value:
        return load_balancer.attribute(project, attribute, workload.balancer)

    target: Value = {
        "HostedZoneId": of_balancer("CanonicalHostedZoneId"),
        "DNSName": of_balancer("DNSName"),
        "EvaluateTargetHealth": False,
    }
    record: Value = {"Name": name, "Type": "A", "AliasTarget": target}
    return Desired(
        address=Address(kind=KIND, name=name),
        workload=workload.name,
        properties={
            "HostedZoneId": zone,
            "ChangeBatch": {"Changes": ({"Action": "CREATE", "ResourceRecordSet": record},)},
        },
        after=listener_rule.addresses(project, workload),
    )


def observe(look: Look) -> Found:
    """Yield the records of wanted names, and those that lead to our load balancers."""
    account, wanted, project = look.account, look.wanted, look.project
    rules = record_set.rules_by_host(look.known)
    zones = {_zone(account, it, look.known) for it in wanted.values()}
    zones |= {record_set.closest(account, host) for host in rules.keys() - wanted.keys()}
    for zone in sorted(zones - {""}):
        for it in record_set.records(account, zone):
            name = str(it["Name"]).replace("\052", "*").rstrip(".")
            is_ours = record_set.is_ours(account, project, it)
            if it["Type"] == "A" and (name in wanted or is_ours):
                owner = wanted[name].workload if name in wanted else None
                owner = owner or record_set.owner(account, project, rules.get(name))
                tags = project.tags(owner) if is_ours else {}
                yield look.found(name, _shape(zone, name, it), tags)


def _zone(account: Account, wanted: Desired, known: Known) -> str:
    zone = wanted.properties["HostedZoneId"]
    if isinstance(zone, Pseudo):
        return account.pseudo(zone.name)
    if isinstance(zone, str):
        return zone
    return next((it.attributes["Id"] for it in known.get(hosted_zone.KIND, ())), "")


def _shape(zone: str, name: str, found: Answer) -> Answer:
    record = {**found, "Name": name}
    if "AliasTarget" in record:
        record["AliasTarget"] = {**record["AliasTarget"], "DNSName": record_set.target(found)}
    change = {"Action": "CREATE", "ResourceRecordSet": record}
    return {"HostedZoneId": zone, "Name": name, "ChangeBatch": {"Changes": [change]}}


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Write the record; AWS refuses where one of the name is there."""
    account.write("route53", "ChangeResourceRecordSets", **parameters)
    batch: Any = parameters["ChangeBatch"]
    name = batch["Changes"][0]["ResourceRecordSet"]["Name"]
    return {"HostedZoneId": str(parameters["HostedZoneId"]), "Name": name}


def update(live: Live, wanted: Properties, _: frozenset[str]) -> None:
    """Let the name lead where it is wanted to."""
    _change(live, "UPSERT", wanted)


def delete(live: Live) -> None:
    """Remove the record as it was found."""
    _change(live, "DELETE", live.properties)


def _change(live: Live, action: str, properties: Properties) -> None:
    batch: Any = rendered(properties["ChangeBatch"])
    changes = [{**it, "Action": action} for it in batch["Changes"]]
    with suppress(NotFound):
        live.write("ChangeResourceRecordSets", ChangeBatch={"Changes": changes})


TYPE = ResourceType(
    kind=KIND,
    api="route53",
    desired=desired,
    observe=observe,
    create_call="ChangeResourceRecordSets",
    attributes=("HostedZoneId", "Name"),
    delete_call="ChangeResourceRecordSets",
    create=create,
    update=update,
    delete=delete,
    is_tagged=False,
    replaces=frozenset({"HostedZoneId"}),
    needs=(listener_rule.KIND, load_balancer.KIND, hosted_zone.KIND),
    read_after=(listener_rule.KIND, hosted_zone.KIND),
    rare=True,
)
