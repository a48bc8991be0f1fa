"""The sentences of `up` and `down`: all three parts of an environment, from nothing and back.

`up` is a deploy with the apps' resources, then Chalice for each app; `down` is the same backwards.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from . import chalice_road, code_bucket, flow, package_road, place
from .app_resources import FileSystem, Resource, SmsSettings, UserPool
from .aws import Account
from .chalice_command import Chalice
from .errors import NotConfigured, NotFound
from .lease import held
from .model import Project
from .package_road import Applied
from .place import Place
from .plan import Plan
from .progress import Voice
from .schedule import each
from .supply import Supplier

CHALICE, PACKAGE = "chalice", "package"
ROADS = (CHALICE, PACKAGE)
# What an emulated AWS may lack of each road without saying so; it names those that it lacks in
# NOT_EMULATED, `API:WHAT` separated by white space.
NOT_EMULATED = "TRIVET_NOT_EMULATED"
HELD_BY = "HeldBy"  # an attribute that says whose a setting of the whole account is
MOUNT, SMS = "lambda:FileSystemConfigs", "sns:SetSMSAttributes"
OF = {MOUNT: FileSystem, SMS: SmsSettings}  # who does not ask for it does not miss it
_BOTH = {
    MOUNT: "the mount of a file system",
    SMS: "the account's SMS settings",
}
NEEDED = {
    CHALICE: {
        "apigateway:ImportRestApi": "the routes of an API that `chalice deploy` imports",
        **_BOTH,
    },
    PACKAGE: {
        "apigateway:access-logs": "access logs of an API that a stack makes",
        "apigateway:gateway-responses": "header fields of API Gateway's own refusals",
        **_BOTH,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How an `up` goes: one of the ROADS, and who brings what lies in the folder."""

    road: str = CHALICE
    supplier: Supplier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Up:
    """What an `up` did: the deploy of what the apps need, the apps, how each is used.

    `secrets` are those that it made up and nobody was told, by their parameters' names.
    """

    done: flow.Done
    apps: tuple[Applied, ...] = ()
    uses: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_changed(self) -> bool:
        """Tell whether anything was not as wanted before."""
        return bool(self.done.steps) or any(it.is_changed for it in self.apps)


def up(
    account: Account,
    project: Project,
    chalices: tuple[Chalice, ...],
    confirm: Callable[[Plan], None],
    voice: Voice,
    way: Way,
) -> Up:
    """Make the environment with its apps; raises what the parts raise."""
    for chalice in chalices:
        for path in chalice.prepare():
            voice.say(f"wrote {path}")
    whole = with_apps(project, chalices)
    done = flow.deploy(account, whole, confirm, voice, supplier=way.supplier)
    for it in done.live:
        if it.attributes.get(HELD_BY):
            voice.say(f"{it.address} stays as it is: it is held by {it.attributes[HELD_BY]}")
    bucket = code_bucket.of_project(account, project)
    with held(account, _environment(project), "up", _scopes(chalices), may_seize=False):

        def bring_up(chalice: Chalice) -> Applied:
            at = _place(account, chalice, done, voice)
            if way.road == CHALICE:
                return chalice_road.bring_up(account, bucket, chalice, at, voice.say)
            voice.say(f"{chalice.app.application}: packaging, and comparing with what stands")
            return package_road.bring_up(account, bucket, chalice, at)

        applied = each(bring_up, chalices)
    for text in _not_emulated(way.road, chalices):
        voice.say(f"not on the emulator: {text}")
    uses = tuple(
        place.use(chalice.app, done.live, it.address)
        for chalice, it in zip(chalices, applied, strict=True)
    )
    secrets = flow.revealed(account, done, {it.application for it in applied if it.is_new})
    return Up(done=done, apps=applied, uses=uses, secrets=secrets)


def down(
    account: Account,
    project: Project,
    chalices: tuple[Chalice, ...],
    confirm: Callable[[Plan], None],
    voice: Voice,
) -> flow.Done:
    """Remove the apps, then all that they and the workloads lived in."""
    with held(account, _environment(project), "down", _scopes(chalices), may_seize=False):
        bucket = code_bucket.of_project(account, project)
        has_bucket = bucket.exists()

        def take_down(chalice: Chalice) -> None:
            if package_road.take_down(account, chalice.app):
                voice.say(f"{chalice.app.application}: stack removed")
            elif has_bucket and chalice_road.take_down(bucket, account, chalice):
                voice.say(f"{chalice.app.application}: chalice delete has removed it")

        each(take_down, chalices)
        if has_bucket:
            bucket.remove()
    return flow.destroy(account, with_apps(project, chalices), confirm, voice)


def told(done: Up) -> str:
    """Return for people what an `up` did, and how what is up is used."""
    plan = done.done.plan
    outcome = "is up" if done.is_changed else "is up already; no change"
    lines = [f"{plan.application} in environment {plan.environment} {outcome}", *done.done.steady]
    for applied, text in zip(done.apps, done.uses, strict=True):
        lines += ["", applied.application, *(f"  {line}" for line in text.splitlines())]
    if done.secrets:
        lines += ["", "made up now, and shown this once:"]
        lines += [f"  {name}  {value}" for name, value in done.secrets.items()]
    if done.done.url:
        lines += ["", f"open {done.done.url}"]
    return "\n".join([*lines, ""])


def told_json(done: Up) -> str:
    """Return the same as one JSON object."""
    plan = done.done.plan
    found = {
        "application": plan.application,
        "environment": plan.environment,
        "region": plan.region,
        "changed": done.is_changed,
        "done": list(done.done.steps),
        "apps": {it.application: it.address for it in done.apps},
        "secrets": dict(done.secrets),
        "url": done.done.url,
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def with_apps(project: Project, chalices: tuple[Chalice, ...]) -> Project:
    """Return the project with the apps' resources, those that the emulator has."""
    apps = tuple(it.app for it in chalices)
    if SMS in os.environ.get(NOT_EMULATED, "").split():
        apps = tuple(it.without(SmsSettings) for it in apps)
    return replace(project, apps=apps)


def inviting(chalices: tuple[Chalice, ...], mail: str) -> tuple[Chalice, ...]:
    """Return the apps with the first user of their user pools; raises NotConfigured."""
    if not mail:
        return chalices
    name, _, domain = mail.partition("@")
    if not name or not domain or not mail.isprintable() or " " in mail:
        raise NotConfigured(f"--first-user {mail}: is no e-mail address")
    if not any(it.app.all_of(UserPool) for it in chalices):
        raise NotConfigured("--first-user: no app has a user pool")
    return tuple(replace(it, app=it.app.with_first_user(mail)) for it in chalices)


def _place(account: Account, chalice: Chalice, done: flow.Done, voice: Voice) -> Place:
    secrets: dict[str, str] = {}
    for variable, name in chalice.app.hidden.items():
        try:
            found = account.read("ssm", "GetParameter", Name=name, WithDecryption=True)
        except NotFound:
            voice.say(f"{variable} is not set: there is no SSM parameter {name}")
        else:
            secrets[variable] = found["Parameter"]["Value"]
    return place.of_app(chalice.app, done.live, secrets)


def _not_emulated(road: str, chalices: tuple[Chalice, ...]) -> Iterator[str]:
    lacking = os.environ.get(NOT_EMULATED, "").split()
    for name, text in NEEDED[road].items():
        asks = OF.get(name, Resource)
        if name in lacking and any(it.app.all_of(asks) for it in chalices):
            yield text


def _environment(project: Project) -> str:
    return f"{project.application}/{project.environment}"


def _scopes(chalices: tuple[Chalice, ...]) -> set[str]:
    return {it.app.application for it in chalices}
