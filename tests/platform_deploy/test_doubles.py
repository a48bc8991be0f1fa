"""Two of one thing: one counts, the other is named."""

import json

from platform_deploy import flow, naming, report, review
from platform_deploy.aws import Account
from platform_deploy.observe import observe_kind
from platform_deploy.resource import Observed, Scope, Value

from .conftest import API, BACKEND, agree, project_of, silent
from .fakes import HOUSE, address, of_type

OURS = naming.tags("shop", "test", None)
DONE = {**OURS, naming.APPLIED: "x"}


def house(handle: str, tags: dict[str, str], **properties: Value) -> Observed:
    return Observed(
        address=address(HOUSE), properties=properties, attributes={"Id": handle}, tags=tags
    )


def kept(*listed: Observed) -> str:
    of = of_type(HOUSE, observe=lambda *_: listed)
    scope = Scope(project=project_of(BACKEND, API), desired=())
    (one,) = observe_kind(None, scope, of, {}).values()  # type: ignore[arg-type]
    return one.attributes["Id"]


def test_the_one_that_was_completed_counts() -> None:
    assert kept(house("a", OURS, createdAt="1"), house("b", DONE, createdAt="2")) == "b"


def test_of_equals_the_oldest_counts() -> None:
    assert kept(house("a", DONE, CreateTime="2027"), house("b", DONE, CreateTime="2026")) == "b"
    assert kept(house("b", DONE), house("a", DONE)) == "a"


def test_what_is_there_twice_is_told_and_is_what_is_left(account: Account) -> None:
    project = project_of(API, BACKEND)
    flow.deploy(account, project, agree, silent())
    tags = [{"Key": key, "Value": value} for key, value in {**OURS, "Name": "shop-test"}.items()]
    made = account.write(
        "ec2",
        "CreateVpc",
        CidrBlock="10.0.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}],
    )["Vpc"]["VpcId"]
    found = flow.planned(account, project)[0]
    (text,) = found.doubles
    assert found.changes == ()
    assert text.startswith("AWS::EC2::VPC shop-test is there twice: vpc-")
    assert text.endswith(f" is used, {made} is left over from a lost answer; remove it")
    assert text in report.plan_text(found)
    assert text in review.plan_markdown(found)
    assert json.loads(report.plan_json(found))["doubles"] == [text]
    done = flow.destroy(account, project, agree, silent())
    assert done.left == ("AWS::EC2::VPC shop-test",)
    assert flow.destroy(account, project, agree, silent()).left == ()
