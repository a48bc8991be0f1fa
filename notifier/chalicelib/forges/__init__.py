"""Find the forges: each module of this folder is one, and has a `FORGE` of the module's name.

Adding a forge is adding a file here; docs/adding-a-forge.md shows one.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from ..errors import UnknownForge

if TYPE_CHECKING:
    from ..forge import Forge


@cache
def forge_names() -> tuple[str, ...]:
    """Return the names of the forges, in alphabetical order."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


@cache
def forge_named(name: str) -> "Forge":
    """Import a forge; raises UnknownForge."""
    if name not in forge_names():
        raise UnknownForge(name, known=forge_names())
    forge: Forge = import_module(f"{__name__}.{name}").FORGE
    return forge
