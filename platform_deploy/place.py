"""Say where the functions of a Chalice app run: network, mounted file system, variables.

Pure: it reads what the account has of the environment, and names no type of resource.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from . import naming
from .apps import App
from .resource import Observed

API_URL = "api.url"  # a variable's value that is known when the API is there
SECRET = "_KEY"  # noqa: S105  how the names of variables end that nobody may read in a file
MOUNT_PATH = "/mnt/lake"
# What tells the parts of a place among what the account says of resources.
ACCESS_POINT, SUBNET, GROUP, TARGET = "AccessPointArn", "SubnetId", "GroupId", "MountTargetId"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where functions run; without `subnets` outside of any network.

    `access_point` is the ARN of the file system's entry, mounted at MOUNT_PATH. `secrets` are
    variables as well, but stand in no file. `address_variable` is told the API's address.
    """

    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    access_point: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    address_variable: str | None = None


def of_app(app: App, live: Iterable[Observed], secrets: Mapping[str, str]) -> Place:
    """Return the place of an app in the environment that has these resources.

    Functions with a mount live in the subnets that its file system has an entry in.
    """
    found = tuple(live)
    own = [it for it in found if it.tag(naming.WORKLOAD) == app.application]
    points = [it.attributes[ACCESS_POINT] for it in own if ACCESS_POINT in it.attributes]
    subnets = {it.address.name: it.attributes[SUBNET] for it in found if SUBNET in it.attributes}
    # a mount target is named FILE_SYSTEM/SUBNET, by the subnet's name or, of another's network, id
    mounted = (it.address.name.partition("/")[2] for it in own if TARGET in it.attributes)
    groups = (it.attributes[GROUP] for it in own if GROUP in it.attributes)
    addressed = (name for name, value in app.variables.items() if value == API_URL)
    return Place(
        subnets=tuple(subnets.get(it, it) for it in sorted(mounted)) if points else (),
        security_groups=tuple(sorted(groups)) if points else (),
        access_point=points[0] if points else None,
        variables=_variables(app, found),
        secrets=secrets,
        address_variable=next(addressed, None),
    )


def use(app: App, live: Iterable[Observed], address: str) -> str:
    """Return how the app is used, with what is known in place; what is not stays in braces."""
    values = {API_URL: address, **_said(app, tuple(live))}
    text = app.use
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _variables(app: App, live: tuple[Observed, ...]) -> dict[str, str]:
    """Return the variables whose values are known; those of what is not there are left out."""
    said, later = _said(app, live), {f"{key}." for key in app.resources}
    known = {
        name: said.get(value, "" if f"{value.partition('.')[0]}." in later else value)
        for name, value in app.variables.items()
        if value != API_URL
    }
    return {name: value for name, value in known.items() if value}


def _said(app: App, live: tuple[Observed, ...]) -> dict[str, str]:
    """Return what AWS says of the app's resources, by `RESOURCE.ATTRIBUTE`."""
    keys = {getattr(it, "name", ""): key for key, it in app.resources.items()}
    return {
        f"{keys[it.address.name]}.{attribute}": value
        for it in live
        if it.address.name in keys
        for attribute, value in it.attributes.items()
    }
