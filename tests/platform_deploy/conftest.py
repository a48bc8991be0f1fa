"""What the deployer's tests share: the example project, an account on the emulator, its state."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from localcloud.emulator import Emulator
from platform_deploy import aws, flow, manifest, naming
from platform_deploy.apply import Event
from platform_deploy.aws import Account
from platform_deploy.desired import fingerprint
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
COUNTED = (
    ("ec2", "DescribeVpcs", "Vpcs", {}),
    ("ec2", "DescribeSubnets", "Subnets", {}),
    ("ec2", "DescribeInternetGateways", "InternetGateways", {}),
    ("ec2", "DescribeRouteTables", "RouteTables", {}),
    ("ec2", "DescribeSecurityGroups", "SecurityGroups", {}),
    ("ecs", "ListClusters", "clusterArns", {}),
    ("ecs", "ListTaskDefinitions", "taskDefinitionArns", {"status": "ACTIVE"}),
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
    ("stepfunctions", "ListStateMachines", "stateMachines", {}),
)


def folder_of(*texts: str, environment: str = "test", **variables: str) -> Folder:
    """A project's folder with these manifests, as if it had been read."""
    files = tuple(
        ManifestFile(path=f"copilot/{number}/manifest.yml", text=text)
        for number, text in enumerate(texts, 1)
    )
    return Folder(
        application="shop",
        environment=environment,
        workloads=files,
        settings=None,
        variables=variables,
    )


def project_of(*texts: str, environment: str = "test", **variables: str) -> Project:
    """The project that these manifests describe."""
    return manifest.read(folder_of(*texts, environment=environment, **variables))[0]


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
            if value.startswith(("arn:", "vpc-", "subnet-", "sg-", "igw-", "rtb-", "ns-", "srv-"))
            or attribute == "DNSName"
        }
        wanted = {it.address: it for it in flow.scope_of(self.project).desired}

        def attribute(ref: Ref) -> str:
            return observation.ours[ref.address].attributes[ref.attribute]

        def tags(resource: Observed) -> dict[str, str]:
            # the hash has ids in it: what counts is whether it is that of what is wanted
            of = BY_KIND[resource.address.kind]
            mark = fingerprint(wanted[resource.address], of, attribute)
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

    def count(self) -> Counter[str]:
        """How many of each kind the whole account holds, whoever made them."""
        found: Counter[str] = Counter()
        for api, action, key, parameters in COUNTED:
            if key in ("Listeners", "Rules"):
                continue  # these go with their load balancer
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
