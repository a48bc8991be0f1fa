"""The private names of an environment's services, `AWS::ServiceDiscovery::PrivateDnsNamespace`."""

from collections.abc import Mapping

from .. import naming
from ..aws import Account
from ..errors import AwsError
from ..kind import Listing, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Attributes, Desired, Ref
from . import vpc

KIND = "AWS::ServiceDiscovery::PrivateDnsNamespace"
POLL = 0.5  # seconds between two looks at the operation; it takes about a minute on AWS
POLLS = 600


def attribute(project: Project, name: str) -> Ref:
    """Return the reference to the namespace's `Id` or `Arn`."""
    return _address(project).ref(name)


def desired(project: Project) -> Wanted:
    """Yield the one namespace."""
    at = _address(project)
    yield Desired(address=at, properties={"Name": at.name, "Vpc": vpc.vpc_id(project)})


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Create the namespace and wait for it: services need its id, which comes at the end."""
    api, action = "servicediscovery", "CreatePrivateDnsNamespace"
    operation_id = account.write(api, action, **parameters)["OperationId"]
    for _ in range(POLLS):
        operation = account.read(api, "GetOperation", OperationId=operation_id)["Operation"]
        if operation["Status"] == "SUCCESS":
            found = operation["Targets"]["NAMESPACE"]
            return {"Id": found, "Arn": account.arn(api, f"namespace/{found}")}
        if operation["Status"] == "FAIL":
            code, said = operation.get("ErrorCode", "FAIL"), operation.get("ErrorMessage", "")
            raise AwsError(action=f"{api}:{action}", code=code, said=said)
        account.sleep(POLL)
    raise AwsError(action=f"{api}:{action}", code="TimedOut", said="the namespace is not ready")


def _address(project: Project) -> Address:
    return Address(kind=KIND, name=naming.namespace(project.application, project.environment))


TYPE = ResourceType(
    kind=KIND,
    api="servicediscovery",
    desired=desired,
    listing=Listing(
        call="ListNamespaces",
        key="Namespaces",
        name="Name",
        names=lambda project: (_address(project).name,),
        given={"Filters": [{"Name": "TYPE", "Values": ["DNS_PRIVATE"]}]},
    ),
    create_call="CreatePrivateDnsNamespace",
    attributes=("Arn", "Id"),
    identify={"Id": "Id"},
    delete_call="DeleteNamespace",
    create=create,
    unowned=frozenset({"Name"}),
    replaces=frozenset({"Vpc"}),
    needs=(vpc.KIND,),
)
