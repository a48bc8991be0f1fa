"""Read the tables that lie beside the code: what manifests may say, prices, waits, rights.

It reads files of this folder and nothing else; what a table means is for the room that asks.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> Mapping[str, Any]:
    """Return the content of `NAME.toml`."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
