"""Bring one Chalice app up by `chalice deploy`, and take it down by `chalice delete`.

Chalice's memory, `.chalice/deployed/STAGE.json`, lies in the environment's bucket: it is fetched
before each command and kept after it, so that another machine goes on where this one was.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from . import leftovers, package_road
from .aws import Account
from .chalice_command import Chalice
from .chalice_config import with_place
from .code_bucket import CodeBucket
from .errors import Refused
from .leftovers import Deployed
from .package_road import Applied
from .place import Place

DEFAULT_STAGE = "api"  # Chalice's name of an API's stage


def bring_up(
    account: Account,
    bucket: CodeBucket,
    chalice: Chalice,
    place: Place,
    say: Callable[[str], None],
) -> Applied:
    """Deploy the app; raises ChaliceFailed, NotSteady, and Refused where it is up the other way."""
    app = chalice.app
    if package_road.find(account, app):
        name = package_road.stack_name(app)
        raise Refused((f"{name} is up as a stack; go on with --via package, or run down first",))
    bucket.make()
    state = bucket.get(chalice.state_key)
    if state is not None:
        chalice.state.parent.mkdir(parents=True, exist_ok=True)
        chalice.state.write_bytes(state)
    say(f"{app.application}: chalice deploy, which takes some seconds a function")
    _configure(chalice, place, "", say)
    try:
        made = chalice.deploy(place.variables)
    finally:
        if chalice.state.is_file():  # what was made before a failure is there, too
            bucket.put(chalice.state_key, chalice.state.read_bytes())
    api, address = _api(made["resources"])
    _configure(chalice, place, address, say)
    deployed = Deployed(
        account=account,
        app=app,
        place=place,
        api=api,
        stage=str(chalice.read_config().get("api_gateway_stage", DEFAULT_STAGE)),
        address=address,
    )
    for text in leftovers.add(deployed):
        say(f"added to {text}")
    is_new = state is None or not list(_apis(json.loads(state)["resources"]))
    return Applied(application=app.application, address=address, is_changed=True, is_new=is_new)


def take_down(bucket: CodeBucket, account: Account, chalice: Chalice) -> bool:
    """Remove the app; tell whether it was up this way."""
    state = bucket.get(chalice.state_key)
    if state is None:
        return False
    chalice.state.parent.mkdir(parents=True, exist_ok=True)
    chalice.state.write_bytes(state)
    chalice.delete({})
    leftovers.remove_logs(account, chalice.app)
    chalice.state.unlink(missing_ok=True)
    return True


def _configure(chalice: Chalice, place: Place, address: str, say: Callable[[str], None]) -> None:
    config = with_place(chalice.read_config(), chalice.app, place, address)
    if chalice.write_config(config):
        say(f"wrote {chalice.config}: commit it, so that a plain `chalice deploy` does the same")


def _api(resources: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the id and the address of the API among what Chalice says it has made."""
    (found,) = _apis(resources)
    return found["rest_api_id"], found["rest_api_url"]


def _apis(resources: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    yield from (it for it in resources if it["resource_type"] == "rest_api")
