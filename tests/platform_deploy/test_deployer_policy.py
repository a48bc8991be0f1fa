"""The published policy allows a deployer all that it calls, and nothing on what is not Trivet's."""

import ast
import copy
import json
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from platform_deploy import deployer_policy, flow, policies
from platform_deploy.aws import Account, Answer, iam_action
from platform_deploy.calls import TAGGING_CALLS
from platform_deploy.deployer_policy import APPLICATION, document
from platform_deploy.model import Project
from platform_deploy.resources import TYPES, iam_role

from .chalice_projects import whole_life
from .conftest import (
    API,
    BACKEND,
    EXAMPLES,
    JOB,
    SCALED,
    SHOPFRONT,
    agree,
    project_in,
    silent,
)
from .fake_scaling import FakeScaling
from .fakes import ListenerCertificates
from .iam import Ask, Judge, Request, allows
from .test_pubsub_flow import EARS

ROOT = EXAMPLES.parent
FACTS = deployer_policy.facts()
POLICY = document(FACTS)
MANAGED_OF_A_ROLE = 10  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
FORCE = flow.Limits(forced=frozenset({"delete", "replace"}))
# What no call of ours names but AWS asks for, https://docs.aws.amazon.com/service-authorization/
IMPLIED = {
    *("iam:PassRole", "iam:CreateServiceLinkedRole"),
    # https://docs.aws.amazon.com/cloud-map/latest/dg/cloud-map-api-permissions-ref.html
    *("ec2:DescribeRegions", "route53:GetHostedZone", "route53:ListHostedZonesByName"),
    "route53:AssociateVPCWithHostedZone",  # of ec2:CreateVpcEndpoint too
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/auto-scaling-IAM.html
    *(f"cloudwatch:{it}" for it in ("DeleteAlarms", "DescribeAlarms", "PutMetricAlarm")),
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
    *("ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload"),
    *("ecr:PutImage", "ecr:UploadLayerPart"),
    "s3:TagResource",  # of s3:CreateBucket with tags
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
    "cloudformation:CreateChangeSet",  # of a stack with SAM's transform
}
# What Lambda asks of who makes a function, or moves it into a network.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
OF_FUNCTIONS = {
    *("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "iam:PassRole")
}
# What CloudFormation does with the rights of who puts a stack: the `handlers` of its types.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html
HANDLERS: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "handlers.json").read_text(encoding="utf-8")
)
# Which of it our templates never bring about, and why.
LEFT_OUT = {
    **dict.fromkeys(("iam:AttachRolePolicy", "iam:DetachRolePolicy"), "no managed policies"),
    **dict.fromkeys(
        ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"), "no boundaries"
    ),
    **dict.fromkeys(("iam:UpdateRole", "iam:UpdateRoleDescription"), "no descriptions, no times"),
    **dict.fromkeys(("iam:TagRole", "iam:UntagRole"), "no tags; nor are there the system's"),
    **dict.fromkeys(
        (*(f"kms:{it}" for it in ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt")),), "no keys"
    ),
    **dict.fromkeys(
        ("kms:GenerateDataKey", "logs:AssociateKmsKey", "logs:DisassociateKmsKey"), "no keys"
    ),
    **dict.fromkeys(("lambda:UntagResource", "logs:UntagResource"), "no tag is taken away"),
    **dict.fromkeys(
        (
            *("lambda:DeleteFunctionCodeSigningConfig", "lambda:GetCodeSigningConfig"),
            "lambda:PutFunctionCodeSigningConfig",
        ),
        "no signed code",
    ),
    "lambda:GetLayerVersion": "no layers",
    "lambda:PutFunctionConcurrency": "no reserved concurrency",
    "lambda:PutRuntimeManagementConfig": "runtimes are Lambda's own",
    "apigateway:UpdateRestApiPolicy": "no policy of an API",
    **dict.fromkeys(
        (
            *("logs:CreateLogDelivery", "logs:DeleteDataProtectionPolicy"),
            *("logs:DescribeResourcePolicies", "logs:PutDataProtectionPolicy"),
            *("logs:PutResourcePolicy", "firehose:TagDeliveryStream", "s3:REST.PUT.OBJECT"),
        ),
        "no data protection policy",
    ),
}
NO_ROLE = ("AWS::ApiGateway::RestApi", "AWS::Events::Rule")  # nothing of these is handed one
# Whose listings leave tags out, so that they are read one by one.
TAGS_APART = (
    *(f"{it}:ListTagsForResource" for it in ("application-autoscaling", "logs")),
    *(f"{it}:ListTagsForResource" for it in ("servicediscovery", "sns", "states")),
    *(f"{it}:ListTagsForResource" for it in ("cloudwatch", "ecr", "ssm")),
    *("dynamodb:ListTagsOfResource", "s3:GetBucketTagging", "sqs:ListQueueTags"),
)


def literal(node: ast.expr, names: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return names.get(node.id) if isinstance(node, ast.Name) else None


def assigned(tree: ast.Module) -> dict[str, str]:
    """The names of a module that stand for one string each."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                for name, value in pairs:
                    if isinstance(name, ast.Name) and (text := literal(value, {})) is not None:
                        found[name.id] = text
    return found


@cache
def operations(api: str) -> frozenset[str]:
    """All actions of an API."""
    model = botocore.session.get_session().get_service_model(api)
    return frozenset(model.operation_names)


def chosen(tree: ast.Module, api: str) -> set[str]:
    """The actions of an API that a module may put together from its strings."""
    texts = {str(it.value) for it in ast.walk(tree) if isinstance(it, ast.Constant)}
    parts = [part for it in ast.walk(tree) if isinstance(it, ast.JoinedStr) for part in it.values]
    begins = {str(it.value) for it in parts if isinstance(it, ast.Constant)} | {""}
    return {begin + text for begin in begins for text in texts} & operations(api)


def is_set(tree: ast.Module, name: ast.expr) -> bool:
    """Whether a module assigns a name, so that it is no parameter."""
    targets = [it for node in ast.walk(tree) if isinstance(node, ast.Assign) for it in node.targets]
    found = {it.id for at in targets for it in ast.walk(at) if isinstance(it, ast.Name)}
    return isinstance(name, ast.Name) and name.id in found


def api_of(tree: ast.Module, names: Mapping[str, str]) -> str:
    """The API of the kind in whose table a module says it, nothing in other modules."""
    words = (it for it in ast.walk(tree) if isinstance(it, ast.keyword) and it.arg == "api")
    return next((literal(it.value, names) or "" for it in words), "")


def in_source(path: Path) -> Iterator[str]:
    """The actions that a module's calls name: of an API, or of that of the module's own kind."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = assigned(tree)
    kind = api_of(tree, names)
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if not isinstance(called, ast.Attribute | ast.Name) or not isinstance(node, ast.Call):
            continue
        given = node.args[:2]
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            is_kinds = called.value.id in ("look", "live")
            given = [ast.Constant(kind), *given[:1]] if is_kinds else given
        if getattr(called, "attr", getattr(called, "id", "")) not in ("read", "write", "pages"):
            continue
        texts = [literal(it, names) for it in given]
        if len(texts) == 2 and all(texts):
            yield iam_action(str(texts[0]), str(texts[1]))
        elif len(texts) == 2 and texts[0]:
            found = chosen(tree, texts[0]) if may_be_chosen(tree, given[1]) else ()
            yield from (iam_action(texts[0], it) for it in found)


def may_be_chosen(tree: ast.Module, name: ast.expr) -> bool:
    """Whether a module makes up an action itself, so that it is no parameter."""
    if isinstance(name, ast.JoinedStr):
        return True
    return is_set(tree, name.value if isinstance(name, ast.Subscript) else name)


@cache
def called() -> set[str]:
    """Every action that the deployer can call."""
    sources = (ROOT / "platform_deploy").rglob("*.py")
    found = {action for path in sources for action in in_source(path)}
    for of in TYPES:
        calls = [of.create_call, of.delete_call, *of.update_calls.values(), of.update_call]
        calls += [it.call for it in (of.listing, of.ready) if it]
        found |= {iam_action(of.api, call) for call in calls if call}
        if of.is_tagged:
            found.add(iam_action(of.api, TAGGING_CALLS[of.api]))
    return found | set(TAGS_APART)


def of_type(kind: str) -> set[str]:
    """What CloudFormation needs for a resource of our templates."""
    listed = {action for actions in HANDLERS[kind].values() for action in actions}
    return listed - LEFT_OUT.keys() - ({"iam:PassRole"} if kind in NO_ROLE else set())


def asking() -> dict[str, list[str]]:
    """Who asks for each action: the deployer, Chalice, the types of CloudFormation's stacks."""
    found = defaultdict(list)
    sent = {it.action for project in policies.APPS for it in whole_life(project)}
    for name, actions in (
        (deployer_policy.DEPLOYER, called() | IMPLIED),
        ("chalice", sent | OF_FUNCTIONS),
        *((kind, of_type(kind)) for kind in HANDLERS),
    ):
        for action in actions:
            found[action].append(name)
    return dict(found)


def test_the_facts_are_of_exactly_what_is_called_and_say_by_whom() -> None:
    assert asking() == {action: fact["for"] for action, fact in FACTS.items()}


def test_what_is_left_out_of_what_types_of_stacks_ask_for_is_something_that_they_ask_for() -> None:
    listed = {it for of in HANDLERS.values() for actions in of.values() for it in actions}
    assert LEFT_OUT.keys() <= listed


def test_the_published_file_is_the_generated_one() -> None:
    published = (ROOT / "docs" / "deployer-policy.json").read_text(encoding="utf-8")
    assert json.loads(published) == POLICY


def test_its_parts_fit_into_the_managed_policies_of_one_role_and_are_the_whole() -> None:
    parts = list(deployer_policy.parts(POLICY))
    assert [it for part in parts for it in part["Statement"]] == POLICY["Statement"]
    assert len(parts) <= MANAGED_OF_A_ROLE
    for part in parts:
        assert len(json.dumps(part, separators=(",", ":"))) <= deployer_policy.MANAGED


def test_roles_are_handed_to_whom_ours_trust_and_no_other() -> None:
    condition = deployer_policy.CONDITIONS["iam:PassRole"]["StringEquals"]
    assert set(condition["iam:PassedToService"]) == set(iam_role.TRUSTED.values())


def test_every_condition_is_one_that_the_action_knows() -> None:
    for statement in POLICY["Statement"]:
        keys = {key for of in statement.get("Condition", {}).values() for key in of}
        for action in statement["Action"]:
            known = {tag for tags in FACTS[action]["resources"].values() for tag in tags}
            known |= {"RequestTag"} if FACTS[action].get("request_tag") else set()
            for key in keys:
                name = key.partition(":")[2].partition("/")[0]
                own = action.partition(":")[0]
                assert name in known or key in (
                    f"{own}:CreateAction",
                    "iam:PassedToService",
                    "iam:AWSServiceName",
                    "apigateway:Resource/ApiName",
                    *("lambda:FunctionArn", "lambda:Principal"),
                    "route53:ChangeResourceRecordSetsRecordTypes",
                ), (action, key)


class Recording(Account):
    """An account that writes down what is sent."""

    def __init__(self, account: Account) -> None:
        super().__init__(account._session, account.region, sleep=lambda _seconds: None)
        self._clients, self._send = account._clients, account.send
        self.requests: list[Request] = []
        self.lock = threading.Lock()

    def send(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        answer = self._send(api, action, parameters)
        sent = Request(api=api, action=action, parameters=parameters, answer=answer)
        with self.lock:
            self.requests.append(sent)
        return answer


def all_kinds() -> Iterator[Project]:
    """Projects that have, together, a resource of every kind, before and after a change."""
    scaled = SCALED.replace('"/"', "/scaled")
    inside = f"{BACKEND}http: {{path: /b}}\n"
    watched = "deployment: {rollback_alarms: {cpu_utilization: 70}}\n"
    texts = (API, scaled, EARS, JOB, SHOPFRONT, inside + watched)
    shared = "network: {egress: nat-single}\n"
    yield project_in(*texts, shared=shared, domain="example.org", defaults="copilot")
    scaled, worker = scaled.replace("max: 10", "max: 9"), EARS.replace("delay: 1s", "delay: 2s")
    job = JOB.replace("@daily", "@hourly").replace("retries: 2", "retries: 1")
    alias = API.replace('"/"', '"/", alias: [www.example.org, "*.shop.example.org"]')
    texts = (alias, scaled, worker, job, SHOPFRONT, inside + watched.replace("70", "80"))
    yield project_in(*texts, shared="network: {egress: endpoints}\n", domain="example.org")


@pytest.fixture(scope="module")
def asked() -> list[Ask]:
    """What the first test that needs it has recorded."""
    return []


@pytest.fixture
def asks(
    account: Account, shop: Project, monkeypatch: pytest.MonkeyPatch, asked: list[Ask]
) -> list[Ask]:
    """All that IAM is asked while projects are deployed, planned, changed and destroyed."""
    if asked:
        return asked
    fake = FakeScaling(account.send, lambda _: True)
    monkeypatch.setattr(account, "send", ListenerCertificates(fake.send))
    account.write("route53", "CreateHostedZone", Name="example.org", CallerReference="1")
    judge, recording = Judge(FACTS), Recording(account)
    for projects in ([shop], list(all_kinds())):
        for project in projects:
            flow.deploy(recording, project, agree, silent(), FORCE)
            flow.planned(recording, project)
        flow.destroy(recording, projects[-1], agree, silent())
    for request in recording.requests:
        found = list(judge.asks(request))
        is_judged = iam_action(request.api, request.action) in {it.action for it in found}
        before_there_is_one = ("DescribeAlarms", "DescribeClusters")
        assert is_judged or request.action in before_there_is_one, request
        asked += found
    return asked


def without(action: str) -> dict[str, Any]:
    policy = copy.deepcopy(POLICY)
    for statement in policy["Statement"]:
        statement["Action"] = [it for it in statement["Action"] if it != action]
    return policy


def test_all_that_a_run_needs_is_allowed_and_nothing_of_it_could_be_left_out(
    asks: list[Ask],
) -> None:
    assert [ask for ask in asks if not allows(POLICY, ask)] == []
    for action in sorted({ask.action for ask in asks}):
        narrower = without(action)
        assert not all(allows(narrower, ask) for ask in asks if ask.action == action)


def test_every_request_on_something_is_judged_by_its_tags(asks: list[Ask]) -> None:
    changing = {
        action
        for action, fact in FACTS.items()
        if fact["access"] not in ("List", "Read") and fact["resources"]
    }
    judged = {ask.action for ask in asks if ask.resource != "*"}
    assert changing & {ask.action for ask in asks} <= judged


def test_what_is_not_trivets_cannot_be_changed(asks: list[Ask]) -> None:
    had, gets = (f"aws:{it}/{APPLICATION}" for it in ("ResourceTag", "RequestTag"))
    free = {action for action, fact in FACTS.items() if fact["access"] in ("List", "Read")}
    by_name = {"ssm:PutParameter", "ssm:DeleteParameters"}
    told = [ask for ask in asks if ask.action not in free and {had, gets} & ask.context.keys()]
    assert len(told) > 50
    for ask in told:
        mark = had if had in ask.context else gets
        stripped = {key: value for key, value in ask.context.items() if key != mark}
        stranger = Ask(action=ask.action, resource=ask.resource, context=stripped)
        is_creation = any(key.endswith(":CreateAction") for key in stripped)
        takes_over = FACTS[ask.action]["access"] == "Tagging" and gets in stripped
        has_other_right = is_creation or takes_over or ask.action in by_name
        assert not allows(POLICY, stranger) or has_other_right, (ask, mark)


def test_parameters_of_others_and_foreign_roles_are_out_of_reach() -> None:
    put = Ask(action="ssm:PutParameter", resource="arn:aws:ssm:x:1:parameter/other", context={})
    assert not allows(POLICY, put)
    registry = "arn:aws:ssm:x:1:parameter/copilot/applications/shop"
    for action, is_allowed in (("ssm:GetParameter", True), ("ssm:PutParameter", False)):
        assert allows(POLICY, Ask(action=action, resource=registry, context={})) is is_allowed
    zone = Ask(
        action="route53:ChangeResourceRecordSets",
        resource="arn:aws:route53:::hostedzone/Z1",
        context={"route53:ChangeResourceRecordSetsRecordTypes": "A MX"},
    )
    assert not allows(POLICY, zone)
    role = "arn:aws:iam::1:role/any"
    for service, is_allowed in (("ecs-tasks.amazonaws.com", True), ("ec2.amazonaws.com", False)):
        passed = {"iam:PassedToService": service}
        ask = Ask(action="iam:PassRole", resource=role, context=passed)
        assert allows(POLICY, ask) is is_allowed
