"""Wire the token verifier of the loaded app to the gateway's Cognito authorizers.

Tokens are judged by the app's own code (`chalicelib/token.py`, where it has one), never here.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any

from .gateway.authorize import Verify


def verifier_of_loaded_app() -> Verify | None:
    """Return what judges tokens by `chalicelib.token` of the app that is loaded, if it has that."""
    if not _exists("chalicelib") or not _exists("chalicelib.token"):
        return None
    token = importlib.import_module("chalicelib.token")
    errors = importlib.import_module("chalicelib.errors")

    def verify(text: str) -> Mapping[str, Any] | None:
        try:
            claims: Mapping[str, Any] = token.verify(text)
        except errors.Unauthorized:
            return None
        return claims

    return verify


def _exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
