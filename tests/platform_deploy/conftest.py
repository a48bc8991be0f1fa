"""What the deployer's tests share: the example project, an account on the emulator, its state."""

import copy
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localcloud.emulator import Emulator
from platform_deploy import apps, aws, flow, manifest, naming
from platform_deploy.app_resources import SmsSettings
from platform_deploy.apply import Event
from platform_deploy.aws import Account
from platform_deploy.desired import fingerprint
from platform_deploy.errors import Problem
from platform_deploy.model import Project
from platform_deploy.observe import Observation, observe
from platform_deploy.plan import Plan
from platform_deploy.progress import Voice
from platform_deploy.project import Folder, ManifestFile
from platform_deploy.project import read as read_folder
from platform_deploy.resource import Observed, Ref, rendered
from platform_deploy.resources import BY_KIND, TYPES

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"

API = """\
name: api
type: Load Balanced Web Service
image: {location: "api:1", port: 8080}
http: {path: "/"}
"""
BACKEND = """\
name: backend
type: Backend Service
image: {location: "backend:1", port: 8081}
network: {connect: true, allow_from: [api]}
"""

MAIL = "ana@example.com"
ENVIRONMENT_FILE = "copilot/environments/test/manifest.yml"
WORKER = """\
name: worker
type: Worker Service
image: {location: "worker:1"}
subscribe:
  queue: {delay: 1s, dead_letter: {tries: 5}}
  topics:
    - {name: orders, service: shopfront, filter_policy: {store: [a], price: [{numeric: [">=", 9]}]}}
    - {name: stock, service: shopfront, queue: {timeout: 1m, fifo: {high_throughput: true}}}
    - {name: far, service: elsewhere, queue: true}
"""
JOB = """\
name: report
type: Scheduled Job
image: {location: "report:1"}
on: {schedule: "@daily"}
retries: 2
timeout: 1h30m
"""
SHOPFRONT = """\
name: shopfront
type: Backend Service
image: {location: "shopfront:1"}
publish: {topics: [{name: orders}, {name: stock, fifo: {content_based_deduplication: true}}]}
"""

# How to count what an account holds: API, action, key of the list, parameters.
AVAILABLE = [{"Name": "state", "Values": ["available"]}]
COUNTED = (
    ("acm", "ListCertificates", "CertificateSummaryList", {}),
    ("route53", "ListHostedZones", "HostedZones", {}),
    ("ec2", "DescribeVpcs", "Vpcs", {}),
    ("ec2", "DescribeSubnets", "Subnets", {}),
    ("ec2", "DescribeInternetGateways", "InternetGateways", {}),
    ("ec2", "DescribeRouteTables", "RouteTables", {}),
    ("ec2", "DescribeSecurityGroups", "SecurityGroups", {}),
    ("ec2", "DescribeAddresses", "Addresses", {}),
    ("ec2", "DescribeNatGateways", "NatGateways", {"Filter": AVAILABLE}),
    ("ec2", "DescribeVpcEndpoints", "VpcEndpoints", {}),
    ("ecs", "ListClusters", "clusterArns", {}),
    ("ecs", "ListTaskDefinitions", "taskDefinitionArns", {"status": "ACTIVE"}),
    ("cognito-idp", "ListUserPools", "UserPools", {"MaxResults": 60}),
    ("dynamodb", "ListTables", "TableNames", {}),
    ("efs", "DescribeAccessPoints", "AccessPoints", {}),
    ("efs", "DescribeFileSystems", "FileSystems", {}),
    ("elbv2", "DescribeLoadBalancers", "LoadBalancers", {}),
    ("elbv2", "DescribeTargetGroups", "TargetGroups", {}),
    ("elbv2", "DescribeListeners", "Listeners", {}),
    ("elbv2", "DescribeRules", "Rules", {}),
    ("iam", "ListRoles", "Roles", {}),
    ("logs", "DescribeLogGroups", "logGroups", {}),
    ("servicediscovery", "ListNamespaces", "Namespaces", {}),
    ("servicediscovery", "ListServices", "Services", {}),
    ("scheduler", "ListSchedules", "Schedules", {}),
    ("sns", "ListSubscriptions", "Subscriptions", {}),
    ("sns", "ListTopics", "Topics", {}),
    ("sqs", "ListQueues", "QueueUrls", {}),
    ("ssm", "DescribeParameters", "Parameters", {}),
    ("stepfunctions", "ListStateMachines", "stateMachines", {}),
)


# Private tasks behind NAT gateways, on mixed capacity and scaled by every metric.
SCALED = (
    API.replace("api", "scaled")
    + """\
network: {vpc: {placement: private}}
count:
  range: {min: 2, max: 10, spot_from: 3}
  cooldown: {in: 90s}
  cpu_percentage: 70
  memory_percentage: {value: 80, cooldown: {out: 30s}}
  requests: 1000
  response_time: 500ms
"""
)
# Private tasks that reach AWS by endpoints, in a network whose zones are named.
ZONED = """\
name: test
type: Environment
network:
  egress: endpoints
  endpoints: [dynamodb]
  vpc:
    cidr: 10.1.0.0/16
    subnets:
      public: [{cidr: 10.1.0.0/24, az: eu-central-1b}, {cidr: 10.1.1.0/24, az: eu-central-1a}]
      private: [{cidr: 10.1.2.0/24, az: eu-central-1a}, {cidr: 10.1.3.0/24, az: eu-central-1b}]
    security_group:
      ingress: [{cidr: 192.0.2.0/24, ip_protocol: tcp, ports: 8000-8080}]
      egress: [{cidr: 0.0.0.0/0, ip_protocol: tcp, ports: 443}]
"""
IMPORTED = """\
name: test
type: Environment
network:
  vpc:
    id: vpc-1
    subnets:
      public: [{id: subnet-1}, {id: subnet-2}]
      private: {from_tags: {tier: private, team: [shop, "a,b"]}}
"""


def folder_of(*texts: str, environment: str = "test", shared: str = "", **variables: str) -> Folder:
    """A project's folder with these manifests, as if it had been read."""
    files = tuple(
        ManifestFile(path=f"copilot/{number}/manifest.yml", text=text)
        for number, text in enumerate(texts, 1)
    )
    return Folder(
        application="shop",
        environment=environment,
        workloads=files,
        settings=ManifestFile(path=ENVIRONMENT_FILE, text=shared) if shared else None,
        variables=variables,
    )


def project_in(*texts: str, domain: str = "", shared: str = "", defaults: str = "") -> Project:
    """The project of these manifests, a domain, and the rest of the environment's manifest."""
    said = {"domain": domain, "defaults": defaults}
    trivet = "".join(f"{key}: {value}\n" for key, value in said.items() if value)
    environment = f"name: test\ntype: Environment\n{shared}"
    folder = replace(
        folder_of(*texts),
        trivet=ManifestFile(path="copilot/trivet.yml", text=trivet or "{}"),
        settings=ManifestFile(path="copilot/environments/test/manifest.yml", text=environment),
    )
    return manifest.read(folder)[0]


def project_of(
    *texts: str, environment: str = "test", shared: str = "", **variables: str
) -> Project:
    """The project that these manifests describe; `shared` is the environment's."""
    return manifest.read(folder_of(*texts, environment=environment, shared=shared, **variables))[0]


def with_apps(environment: str = "test", *names: str) -> Project:
    """A project with the Chalice apps beside a service, without what the emulator lacks."""
    files = (EXAMPLES.parent / it / "resources.yml" for it in names or ("notifier", "datalake"))
    read = tuple(apps.read(it, stage=environment).without(SmsSettings) for it in files)
    return replace(project_of(API, environment=environment), apps=read)


def with_sms(environment: str = "test", **members: Any) -> Project:
    """A project with the notifier alone, and with SMS settings, of other members."""
    read = apps.read(EXAMPLES.parent / "notifier" / "resources.yml", stage=environment)
    resources = {
        key: replace(it, **members) if isinstance(it, SmsSettings) else it
        for key, it in read.resources.items()
    }
    app = replace(read, resources=resources)
    return Project(application="trivet", environment=environment, workloads=(), apps=(app,))


def invited(wanted: Project) -> Project:
    """The project with a first user of its apps' user pools."""
    return replace(wanted, apps=tuple(it.with_first_user(MAIL) for it in wanted.apps))


def listed(problems: Iterable[Problem]) -> list[str]:
    """Problems in order, each with its file and line; columns have tests of their own."""
    return [
        str(it).replace(f"{it.file}:{it.line}:{it.column}: ", f"{it.file}:{it.line}: ", 1)
        for it in sorted(problems)
    ]


def silent() -> Voice:
    def tell(event: Event) -> None: ...
    def say(text: str) -> None: ...

    return Voice(tell=tell, say=say)


def agree(plan: Plan) -> None: ...


@pytest.fixture(scope="session")
def shop() -> Project:
    """The example project."""
    return manifest.read(read_folder(EXAMPLES, "test", None))[0]


@pytest.fixture(scope="session")
def warm_account(emulator_process: Emulator) -> Iterator[Account]:
    """An account whose clients are made once for the whole run; they take longest to make."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in emulator_process.environment().items():
            patch.setenv(name, value)
        account = aws.connect()
        account.sleep = lambda _seconds: None
        for api in {of.api for of in TYPES} | {"sts"}:
            account._client(api)
    yield account
    for client in account._clients.values():
        client.close()


@pytest.fixture
def account(emulator: Emulator, warm_account: Account) -> Account:
    """An account on the empty emulator; it never really sleeps."""
    return warm_account


IDS = (
    *("arn:", "vpc-", "subnet-", "sg-", "igw-", "rtb-", "ns-", "srv-"),
    *("nat-", "eipalloc-", "vpce-"),
)


class Look:
    """An environment as it stands, in a form that is the same for each run."""

    def __init__(self, account: Account, project: Project) -> None:
        self.account = account
        self.project = project

    def observation(self) -> Observation:
        return observe(self.account, flow.scope_of(self.project), TYPES)

    def state(self) -> dict[str, Any]:
        """What is wanted of each resource as the account has it, with names in place of ids."""
        observation = self.observation()
        names = {
            value: str(Ref(address=address, attribute=attribute))
            for address, resource in sorted(observation.ours.items(), reverse=True)
            for attribute, value in resource.attributes.items()
            if value.startswith(IDS) or attribute == "DNSName"
        }
        wanted = {it.address: it for it in flow.scope_of(self.project).desired}

        def attribute(ref: Ref) -> str:
            return observation.ours[ref.address].attributes[ref.attribute]

        def tags(resource: Observed) -> dict[str, str]:
            # the hash has ids in it: what counts is whether it is that of what is wanted
            of = BY_KIND[resource.address.kind]
            mark = fingerprint(wanted[resource.address], of, attribute, self.account.pseudo)
            is_applied = resource.tag(naming.APPLIED) == mark
            return {**(resource.tags or {}), naming.APPLIED: str(is_applied)}

        return {
            str(address): (
                named(
                    {
                        k: v
                        for k, v in resource.properties.items()
                        if k in wanted[address].properties
                    },
                    names,
                ),
                tags(resource),
            )
            for address, resource in sorted(observation.ours.items())
        }

    def count(self, only: Collection[str] = ()) -> Counter[str]:
        """How many of each kind, or of `only` these, the account holds, whoever made them."""
        found: Counter[str] = Counter()
        for api, action, key, parameters in COUNTED:
            if key in ("Listeners", "Rules") or (only and key not in only):
                continue  # the first go with their load balancer
            found[key] = len(self.account.pages(api, action, key, **parameters))
        return found


def named(value: object, names: Mapping[str, str]) -> object:
    """A JSON value with every id replaced by the name of what it belongs to; lists as sets."""
    if isinstance(value, Mapping):
        return {key: named(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return sorted((named(item, names) for item in value), key=repr)
    if isinstance(value, str):
        text = value
        for found, name in sorted(names.items(), key=lambda it: -len(it[0])):
            text = text.replace(found, name)
        return text
    return copy.copy(rendered(value))  # type: ignore[arg-type]  # numbers and the like


@pytest.fixture
def look(account: Account) -> Callable[[Project], Look]:
    """How an environment stands."""
    return lambda project: Look(account, project)
