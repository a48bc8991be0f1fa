"""The published policy allows a deployer all that it calls, and nothing on what is not Trivet's."""

import ast
import copy
import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from platform_deploy import deployer_policy, flow
from platform_deploy.aws import Account, Answer, iam_action
from platform_deploy.calls import TAGGING_CALLS
from platform_deploy.deployer_policy import APPLICATION, document
from platform_deploy.model import Project
from platform_deploy.resources import TYPES

from .conftest import EXAMPLES, agree, silent
from .iam import Ask, Judge, Request, allows

ROOT = EXAMPLES.parent
FACTS = deployer_policy.facts()
POLICY = document(FACTS)
# What no call of ours names but AWS asks for, https://docs.aws.amazon.com/service-authorization/
IMPLIED = {"iam:PassRole", "iam:CreateServiceLinkedRole"}
# Whose listings leave tags out, so that they are read one by one.
TAGS_APART = ("logs", "servicediscovery")


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


def in_source(path: Path) -> Iterator[str]:
    """The actions that a module's calls name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = assigned(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        texts = [literal(it, names) for it in node.args[:2]]
        if called in ("read", "write", "pages") and len(texts) == 2 and all(texts):
            yield iam_action(str(texts[0]), str(texts[1]))
        if called == "in_ec2" and texts[1]:
            yield iam_action("ec2", texts[1])


def called() -> set[str]:
    """Every action that the deployer can call."""
    sources = (ROOT / "platform_deploy").rglob("*.py")
    found = {action for path in sources for action in in_source(path)}
    for of in TYPES:
        calls = (of.create_call, of.delete_call, *of.update_calls.values())
        found |= {iam_action(of.api, call) for call in calls if call}
        found.add(iam_action(of.api, TAGGING_CALLS[of.api]))
    return found | {f"{api}:ListTagsForResource" for api in TAGS_APART}


def test_the_facts_are_of_exactly_what_is_called() -> None:
    assert called() | IMPLIED == set(FACTS)


def test_the_published_file_is_the_generated_one() -> None:
    published = (ROOT / "docs" / "deployer-policy.json").read_text(encoding="utf-8")
    assert json.loads(published) == POLICY


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
                ), (action, key)


class Recording(Account):
    """An account that writes down what is sent."""

    def __init__(self, account: Account) -> None:
        super().__init__(account._session, account.region, sleep=lambda _seconds: None)
        self._clients = account._clients
        self.requests: list[Request] = []
        self.lock = threading.Lock()

    def send(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        answer = super().send(api, action, parameters)
        sent = Request(api=api, action=action, parameters=parameters, answer=answer)
        with self.lock:
            self.requests.append(sent)
        return answer


@pytest.fixture
def asks(account: Account, shop: Project) -> list[Ask]:
    """All that IAM is asked while the example is deployed, planned, changed and destroyed."""
    recording = Recording(account)
    flow.deploy(recording, shop, agree, silent())
    flow.planned(recording, shop)
    flow.destroy(recording, shop, agree, silent())
    judge = Judge(FACTS)
    return [ask for request in recording.requests for ask in judge.asks(request)]


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
    role = "arn:aws:iam::1:role/any"
    for service, is_allowed in (("ecs-tasks.amazonaws.com", True), ("ec2.amazonaws.com", False)):
        passed = {"iam:PassedToService": service}
        ask = Ask(action="iam:PassRole", resource=role, context=passed)
        assert allows(POLICY, ask) is is_allowed
