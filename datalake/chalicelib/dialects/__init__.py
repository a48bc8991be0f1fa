"""List the protocols of resumable uploads; each module of this folder is one.

Adding one is adding a file here, and its name below.
"""

from collections.abc import Mapping

from ..dialect import Dialect
from . import rufh, tus

# The first that a request speaks counts; the last is that of a request that names none.
_DIALECTS: tuple[Dialect, ...] = (tus, rufh)

ABILITIES: Mapping[str, str] = {
    name: value for dialect in _DIALECTS for name, value in dialect.ABILITIES.items()
}
"""What an answer to OPTIONS says of all of them."""


def spoken(fields: Mapping[str, str]) -> Dialect:
    """Return the protocol that a request with these header fields speaks."""
    return next((each for each in _DIALECTS if each.speaks(fields)), _DIALECTS[-1])
