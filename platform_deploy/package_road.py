"""Bring one Chalice app up by `chalice package` and a CloudFormation stack.

What is deployed already is seen by the hash in the stack's outputs; then nothing is sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import sam, stack
from .apps import App
from .aws import Account
from .chalice_command import Chalice
from .code_bucket import CodeBucket, key_of
from .errors import Refused
from .place import Place

URL = "EndpointURL"  # Chalice's output with the API's address


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An app that is up: its API's address, whether anything was changed, whether it was not up."""

    application: str
    address: str
    is_changed: bool
    is_new: bool = False


def stack_name(app: App) -> str:
    """Return the name of an app's stack."""
    return f"{app.application}-{app.stage}"


def bring_up(account: Account, bucket: CodeBucket, chalice: Chalice, place: Place) -> Applied:
    """Make the app's stack as it is wanted; raises ChaliceFailed, Refused, NotSteady."""
    app = chalice.app
    packaged, code = chalice.package(place.variables)
    key = key_of(app.application, code, ".zip")
    template = sam.completed(packaged, app, place, code=(bucket.name, key))
    standing = find(account, app)
    address = standing.outputs.get(URL, "") if standing else ""
    if standing and _is_as_wanted(standing, template, place):
        return Applied(application=app.application, address=address, is_changed=False)
    bucket.make()
    if standing is None and bucket.get(chalice.state_key):
        raise Refused((f"{stack_name(app)} is up by chalice deploy; use it, or run down first",))
    bucket.keep(app.application, code, ".zip")
    text = json.dumps(template, separators=(",", ":")).encode()
    wanted = stack.Wanted(
        name=stack_name(app),
        template=bucket.url(bucket.keep(app.application, text, ".json")),
        parameters=sam.parameters(place, address),
    )
    made = stack.put(account, wanted, standing)
    if place.address_variable and made.outputs.get(URL, "") != address:
        address = made.outputs[URL]
        again = stack.Wanted(
            name=wanted.name, template=wanted.template, parameters=sam.parameters(place, address)
        )
        made = stack.put(account, again, made)
    return Applied(
        application=app.application,
        address=made.outputs.get(URL, ""),
        is_changed=True,
        is_new=standing is None or standing.status in stack.BROKEN,
    )


def take_down(account: Account, app: App) -> bool:
    """Remove the app's stack; tell whether there was one."""
    standing = find(account, app)
    if standing:
        stack.remove(account, standing.name)
    return standing is not None


def find(account: Account, app: App) -> stack.Stack | None:
    """Return the app's stack; raises Refused where the name is somebody else's."""
    found = stack.find(account, stack_name(app))
    if found and found.description != sam.description(app):
        raise Refused((f"the stack {found.name} is not Trivet's; rename or remove it",))
    return found


def _is_as_wanted(standing: stack.Stack, template: Mapping[str, Any], place: Place) -> bool:
    told = standing.parameters.get(sam.ADDRESS, "")
    return (
        standing.is_good
        and standing.outputs.get(sam.APPLIED) == template["Outputs"][sam.APPLIED]["Value"]
        and (not place.address_variable or told == standing.outputs.get(URL))
    )
