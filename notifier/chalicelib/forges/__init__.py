"""Find the forges: each module of this folder is one, and has a `FORGE` of the module's name.

Adding a forge is adding a file here; docs/adding-a-forge.md shows one.
"""

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import UnknownForge

if TYPE_CHECKING:
    from ..forge import Forge


@cache
def forge_names() -> tuple[str, ...]:
    """Return the names of the forges, in alphabetical order."""
    # pkgutil would import inspect for this: a tenth of a cold start
    files = (file for folder in __path__ for file in os.listdir(folder))
    modules = {file.removesuffix(".py") for file in files if file.endswith(".py")}
    return tuple(sorted(modules - {"__init__"}))


@cache
def forge_named(name: str) -> "Forge":
    """Import a forge; raises UnknownForge."""
    if name not in forge_names():
        raise UnknownForge(name, known=forge_names())
    forge: Forge = import_module(f"{__name__}.{name}").FORGE
    return forge
