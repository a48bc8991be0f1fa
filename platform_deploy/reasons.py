"""Say what speaks against a plan, or is worth a look before it is carried out.

Pure: sentences. It names no kind of resource.
"""

from collections.abc import Iterable, Mapping

from .desired import names
from .diff import Action, Change
from .kind import ResourceType
from .observe import Observation
from .resource import Scope


def drifts(changes: Iterable[Change]) -> Iterable[str]:
    """Yield what somebody else changed."""
    for change in changes:
        if change.is_drift:
            paths = ", ".join(field.path for field in change.fields)
            yield (
                f"{change.address} was changed by somebody else ({paths}); let the manifest say "
                "what the account has, or undo it with --force drift"
            )


def strangers(observation: Observation) -> Iterable[str]:
    """Yield what has a wanted name and is not ours."""
    for address in observation.strangers:
        yield f"{address} exists and does not carry this environment's tags; rename or remove it"


def doubles(observation: Observation, types: Mapping[str, ResourceType]) -> Iterable[str]:
    """Yield what is there twice; it is told and speaks against nothing."""
    for it in observation.doubles:
        of, used = types[it.address.kind], observation.ours[it.address]
        yield (
            f"{it.address} is there twice: {of.handle(used.attributes)} is used, "
            f"{of.handle(it.attributes)} is left over from a lost answer; remove it"
        )


def replaced_while_used(scope: Scope, changes: Iterable[Change]) -> Iterable[str]:
    """Yield why a replacement cannot be done: others hold on to the old one."""
    replaced = {change.address for change in changes if change.action is Action.REPLACE}
    for address in sorted(replaced):
        users = [it.address for it in scope.desired if address in names(it)]
        if users:
            yield (
                f"{address} would have to be replaced, but {users[0]} uses it; "
                "undo the change, or destroy the environment and deploy it anew"
            )
