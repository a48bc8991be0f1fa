"""Turn a project into the resources that it needs.

Pure: it asks each type what the project wants of it, and names none.
"""

import hashlib
import json
from collections.abc import Iterable

from .model import Project
from .resource import Desired, ResourceType, rendered

FINGERPRINT_LENGTH = 16


def desired(project: Project, types: Iterable[ResourceType]) -> tuple[Desired, ...]:
    """Return every wanted resource, sorted by kind and name."""
    wanted = (resource for it in types for resource in it.desired(project))
    return tuple(sorted(wanted, key=lambda resource: resource.address))


def fingerprint(wanted: Desired, of: ResourceType) -> str:
    """Return the short hash of what is owned of a resource, as its tag says what was applied."""
    owned = {k: rendered(v) for k, v in wanted.properties.items() if k not in of.unowned}
    text = json.dumps(owned, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_LENGTH]
