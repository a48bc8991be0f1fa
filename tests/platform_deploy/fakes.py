"""A small made-up world for the engine: two types, an account that behaves."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from platform_deploy.kind import Look, ResourceType
from platform_deploy.resource import Address, Desired, Observed, Ref, Value

HOUSE, DOOR = "House", "Door"


def address(kind: str, name: str = "one") -> Address:
    return Address(kind=kind, name=name)


def wanted(
    kind: str = HOUSE, name: str = "one", *, after: tuple[Address, ...] = (), **properties: Value
) -> Desired:
    return Desired(address=address(kind, name), properties=properties, workload="api", after=after)


def there(
    kind: str = HOUSE, name: str = "one", tags: Mapping[str, str] | None = None, **properties: Value
) -> Observed:
    return Observed(
        address=address(kind, name),
        properties=properties,
        attributes={"Id": f"{kind}-{name}"},
        tags=tags or {},
    )


def id_of(kind: str, name: str = "one") -> Ref:
    return Ref(address=address(kind, name), attribute="Id")


def nothing(*_: Any) -> Iterable[Any]:
    return ()


def of_type(kind: str, **more: Any) -> ResourceType:
    return ResourceType(
        **{
            "kind": kind,
            "api": "ec2",
            "desired": nothing,
            "observe": nothing,
            "create_call": f"Create{kind}",
            "made": "",
            "attributes": ("Id",),
            "identify": {"Id": "Id"},
            "delete_call": f"Delete{kind}",
            "update_calls": {"colour": "Paint", "size": "Build"},
            **more,
        }
    )


def types(*more: ResourceType) -> dict[str, ResourceType]:
    listed = (of_type(HOUSE), of_type(DOOR, needs=(HOUSE,)), *more)
    return {it.kind: it for it in listed}


class World:
    """An account that keeps what is created and counts the calls; `fail` maps calls to errors."""

    region = "nowhere-1"

    def __init__(self, fail: Mapping[str, list[Exception]] | None = None) -> None:
        self.things: dict[str, dict[str, object]] = {}
        self.calls: list[str] = []
        self.slept: list[float] = []
        self.fail = {action: list(errors) for action, errors in (fail or {}).items()}
        self.lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def pseudo(self, name: str) -> str:
        return {"AWS::Region": self.region}[name]

    def write(self, _api: str, action: str, /, **parameters: object) -> dict[str, object]:
        with self.lock:
            self.calls.append(action)
            if self.fail.get(action):
                raise self.fail[action].pop(0)
            if action.startswith("Create") and action != "CreateTags":
                kind = action.removeprefix("Create")
                self.things[f"{kind}-one"] = parameters
                return {"Id": f"{kind}-one"}
            if action.startswith("Delete"):
                self.things.pop(str(parameters["Id"]), None)
            return {}

    read = write


def observing(kind: str) -> ResourceType:
    """A type whose listing finds what the world holds."""

    def observe(look: Look) -> Iterable[Observed]:
        if f"{kind}-one" in look.account.things:
            tags = {"trivet:application": "shop", "trivet:environment": "test"}
            yield there(kind, tags=tags)

    return of_type(kind, observe=observe)


class ListenerCertificates:
    """The three calls of further certificates, which the emulator does not have."""

    def __init__(self, send: Callable[..., Any]) -> None:
        self.send = send
        self.shown: dict[str, list[dict[str, Any]]] = {}

    def __call__(self, api: str, action: str, parameters: Mapping[str, Any]) -> Any:
        if not action.endswith("ListenerCertificates"):
            return self.send(api, action, parameters)
        shown = self.shown.setdefault(parameters["ListenerArn"], [])
        named = [dict(it) for it in parameters.get("Certificates", [])]
        if action.startswith("Add"):
            shown += [it for it in named if it not in shown]
            return {"Certificates": named}
        if action.startswith("Remove"):
            self.shown[parameters["ListenerArn"]] = [it for it in shown if it not in named]
            return {}
        return {"Certificates": list(shown)}


class SmsAttributes:
    """The two calls of the account's SMS attributes, which the emulator does not have."""

    def __init__(self, send: Callable[..., Any]) -> None:
        self.send = send
        self.attributes: dict[str, str] = {}

    def __call__(self, api: str, action: str, parameters: Mapping[str, Any]) -> Any:
        if not action.endswith("SMSAttributes"):
            return self.send(api, action, parameters)
        self.attributes |= parameters.get("attributes", {}) if action.startswith("Set") else {}
        return {"attributes": dict(self.attributes)}
