"""Choose the name of a data set that its writer left to us."""

import uuid

from .key import Key, Prefix, parse_key


def fresh(prefix: Prefix) -> Key:
    """Return a key below the prefix that nobody has or can guess; raises BadKey if too long."""
    return parse_key(f"{prefix.text}{uuid.uuid4().hex}")
