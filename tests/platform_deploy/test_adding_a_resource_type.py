"""The worked example of docs/adding-a-resource-type.md works."""

import re
from typing import Any

from platform_deploy import flow, plan
from platform_deploy.apply import Run, apply
from platform_deploy.aws import Account
from platform_deploy.desired import desired
from platform_deploy.diff import Action
from platform_deploy.kind import ResourceType
from platform_deploy.model import Project
from platform_deploy.observe import observe
from platform_deploy.resource import Scope
from platform_deploy.resources import TYPES

from .conftest import EXAMPLES

PAGE = EXAMPLES.parent / "docs" / "adding-a-resource-type.md"


def example() -> ResourceType:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    module: dict[str, Any] = {}
    exec(found[1], module)  # noqa: S102  the page is ours
    of: ResourceType = module["TYPE"]
    return of


def carried_out(account: Account, project: Project, *, is_destroy: bool) -> plan.Plan:
    types = (*TYPES, example())
    by_kind = {of.kind: of for of in types}
    scope = Scope(project=project, desired=desired(project, types))
    observation = observe(account, scope, types)
    found = (
        plan.to_destroy(scope, observation, by_kind, account.region)
        if is_destroy
        else plan.to_deploy(scope, observation, by_kind, account.region)
    )
    apply(
        Run(
            account=account,
            scope=scope,
            types=by_kind,
            plan=found,
            live=dict(observation.ours),
            tell=lambda _event: None,
        )
    )
    return found


def test_the_example_is_created_found_again_and_deleted(account: Account, shop: Project) -> None:
    assert (
        carried_out(account, shop, is_destroy=False).count(Action.CREATE)
        == len(flow.scope_of(shop).desired) + 1
    )
    assert carried_out(account, shop, is_destroy=False).changes == ()
    assert carried_out(account, shop, is_destroy=True).count(Action.DELETE) == 27
    assert (
        account.read(
            "ec2", "DescribeNetworkAcls", Filters=[{"Name": "default", "Values": ["false"]}]
        )["NetworkAcls"]
        == []
    )
