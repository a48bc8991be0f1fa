"""What a type's table says of its listing is what is asked for, kept and told."""

from collections.abc import Mapping
from typing import Any

import pytest

from platform_deploy import calls, listing
from platform_deploy.available import Ready
from platform_deploy.errors import AwsError, NotFound
from platform_deploy.kind import Listing, Look, ResourceType
from platform_deploy.resource import Address, Observed, Scope

from .conftest import API, project_of
from .fakes import of_type

PROJECT = project_of(API)
SCOPE = Scope(project=PROJECT, desired=())
OURS = {"trivet:application": "shop", "trivet:environment": "test"}


class Told:
    """An account that answers what it is told, and keeps what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Mapping[str, object]]] = []
        self.slept: list[float] = []

    def read(self, _api: str, action: str, /, **parameters: object) -> Any:
        self.asked.append((action, parameters))
        found = self.answers[action]
        found = found.pop(0) if isinstance(found, list) else found
        if isinstance(found, Exception):
            raise found
        return found

    write = read

    def pages(self, api: str, action: str, key: str, /, **parameters: object) -> Any:
        return self.read(api, action, **parameters)[key]

    def arn(self, api: str, resource: str) -> str:
        return f"arn:{api}:{resource}"

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def listed(account: Told, of: ResourceType, **known: tuple[Observed, ...]) -> list[Observed]:
    return list(listing.observe(account, of, SCOPE, known))  # type: ignore[arg-type]  # a fake


def table(api: str = "ecr", **row: Any) -> ResourceType:
    return of_type("Thing", api=api, observe=None, listing=Listing(**row))


def names(found: list[Observed]) -> list[str]:
    return [it.address.name for it in found]


def test_only_names_that_begin_like_ours_are_kept() -> None:
    things = [{"Id": str(i), "n": name} for i, name in enumerate(("shop-test-a", "other-a"))]
    of = table(call="List", key="Things", name="n", begins=lambda it: (it.name_of(""),))
    assert names(listed(Told(List={"Things": things}), of)) == ["shop-test-a"]


def test_a_beginning_is_asked_for_where_the_call_takes_one() -> None:
    account = Told(List={"Things": []})
    listed(account, table(call="List", key="Things", begins=lambda _: ("a-", "b-"), by="Prefix"))
    assert account.asked == [("List", {"Prefix": "a-"}), ("List", {"Prefix": "b-"})]


def test_a_name_stands_at_the_end_of_an_arn_or_url_and_may_be_all_that_is_listed() -> None:
    urls = ["https://sqs.example/1/a", "https://sqs.example/1/b"]
    row = Listing(call="List", key="Urls", name="Url", names=lambda _: ("b",))
    of = of_type("Thing", api="sqs", attributes=("Url",), observe=None, listing=row)
    (found,) = listed(Told(List={"Urls": urls}), of)
    assert (found.address.name, found.attributes) == ("b", {"Url": urls[1]})


def test_what_is_on_its_way_out_is_neither_looked_at_nor_told() -> None:
    account = Told(
        List={"Things": [{"Id": "1", "State": "deleted"}, {"Id": "2"}, {"Id": "3"}, {"Id": "4"}]},
        Look=[{"State": "DELETING"}, NotFound(action="x", code="x", said=""), {"State": "ready"}],
    )
    of = table(call="List", key="Things", name="Id", look=lambda at, it: at.read("Look", **it))
    assert [it.properties["State"] for it in listed(account, of)] == ["ready"]
    assert sum(action == "Look" for action, _ in account.asked) == 3


def test_in_ec2_the_environments_tags_are_asked_for() -> None:
    tags = [{"Key": "Name", "Value": "x"}]
    account = Told(DescribeThings={"Things": [{"Id": "1", "Tags": tags}]})
    (found,) = listed(account, table("ec2", call="DescribeThings", by="Filter"))
    assert (found.address.name, found.tags) == ("x", {"Name": "x"})
    filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in OURS.items()]
    assert account.asked == [("DescribeThings", {"Filter": filters})]


def test_tags_are_read_at_once_where_other_listings_use_them() -> None:
    account = Told(List={"Things": [{"Id": "1"}]}, ListTagsForResource={"tags": []})
    of = table(call="List", key="Things", tagged=True)
    assert [it.tags for it in listed(account, of)] == [{}]
    of = table(call="List", key="Things")
    assert [it.tags for it in listed(account, of)] == [None]


def test_what_belongs_to_a_resource_of_ours_has_its_tags_but_for_what_was_applied() -> None:
    ours, theirs = (
        Observed(address=Address(kind="P", name="p"), properties={}, attributes={}, tags=tags)
        for tags in ({**OURS, "trivet:applied": "x"}, {})
    )
    look = Look(account=Told(), of=of_type("T"), scope=SCOPE, known={"P": (ours, theirs)})  # type: ignore[arg-type]  # a fake
    assert list(look.ours("P")) == [(ours, OURS)]


def test_attributes_that_an_answer_leaves_out_are_put_together() -> None:
    of = of_type("T", api="sqs", attributes=("Name", "TArn"), arn="thing:{Name}")
    made = calls.create(Told(CreateT={}), of, {"Name": "x"})  # type: ignore[arg-type]  # a fake
    assert made == {"Name": "x", "TArn": "arn:sqs:thing:x"}


def test_what_fails_in_the_background_is_told_and_waited_for_no_longer() -> None:
    of = of_type("T", api="efs", ready=Ready(call="DescribeTs"))
    states = [{"Ts": [{"Id": "1", "State": it}]} for it in ("creating", "failed", "available")]
    account = Told(CreateT={"Id": "1"}, DescribeTs=states)
    with pytest.raises(AwsError, match="efs:CreateT: failed: 1 failed"):
        calls.create(account, of, {})  # type: ignore[arg-type]  # a fake
    assert len(account.slept) == 1
