"""Choose the name of a data set that its writer left to us."""

from .key import Key, Prefix, parse_key


def fresh(prefix: Prefix) -> Key:
    """Return a key below the prefix that nobody has or can guess; raises BadKey if too long."""
    import uuid  # 6 ms that the start of the process need not wait for

    return parse_key(f"{prefix.text}{uuid.uuid4().hex}")
