from platform_deploy import naming, place
from platform_deploy.app_resources import UserPool
from platform_deploy.apps import App
from platform_deploy.place import Place
from platform_deploy.resource import Address, Observed

APP = App(
    application="books",
    stage="dev",
    resources={"users": UserPool(name="books-dev")},
    variables={"TABLE": "books-dev", "POOL": "users.Arn", "LOST": "users.No", "URL": "api.url"},
    use="at {api.url}x for {users.Arn} and {users.No}",
)


def live(kind: str, name: str, workload: str = "", **attributes: str) -> Observed:
    return Observed(
        address=Address(kind=kind, name=name),
        properties={},
        attributes=attributes,
        tags={naming.WORKLOAD: workload} if workload else {},
    )


POOL = live("AWS::Cognito::UserPool", "books-dev", "books", Arn="arn:pool")
NETWORK = (
    live("AWS::EC2::Subnet", "shop-dev-public-1", SubnetId="subnet-2"),
    live("AWS::EC2::Subnet", "shop-dev-public-0", SubnetId="subnet-1"),
    live("AWS::EC2::Subnet", "shop-dev-private-0", SubnetId="subnet-9"),
    live("AWS::EFS::MountTarget", "books-dev/shop-dev-public-1", "books", MountTargetId="b"),
    live("AWS::EFS::MountTarget", "books-dev/shop-dev-public-0", "books", MountTargetId="a"),
    live("AWS::EC2::SecurityGroup", "books-dev", "books", GroupId="sg-1"),
    live("AWS::EC2::SecurityGroup", "shop-dev-api", "api", GroupId="sg-9"),
)
ENTRY = live("AWS::EFS::AccessPoint", "books-dev-lake", "books", AccessPointArn="arn:point")


def test_an_app_without_a_file_system_lives_in_no_network() -> None:
    assert place.of_app(APP, (POOL, *NETWORK), {}) == Place(
        variables={"TABLE": "books-dev", "POOL": "arn:pool"}, address_variable="URL"
    )


def test_an_app_with_a_file_system_lives_where_that_is_reached_under_its_own_group() -> None:
    found = place.of_app(APP, (POOL, *NETWORK, ENTRY), {"KEY": "hush"})
    assert (found.subnets, found.security_groups) == (("subnet-1", "subnet-2"), ("sg-1",))
    assert found.access_point == "arn:point"
    assert "hush" not in repr(found)


def test_in_a_network_of_others_subnets_are_named_by_their_ids() -> None:
    target = live("AWS::EFS::MountTarget", "books-dev/subnet-7", "books", MountTargetId="c")
    assert place.of_app(APP, (ENTRY, target), {}).subnets == ("subnet-7",)


def test_what_is_not_known_stays_in_braces() -> None:
    assert place.use(APP, (POOL,), "https://x/") == "at https://x/x for arn:pool and {users.No}"
