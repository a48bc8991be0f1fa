"""Put the real collaborators together, once per process."""

import os
from dataclasses import dataclass
from pathlib import Path

from . import identity, settings
from .errors import BadSettings
from .identity import Identify
from .settings import Settings
from .store import Store
from .stores.filesystem import FilesystemStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """What answers requests."""

    identify: Identify
    store: Store


def lake() -> Lake:
    """Return the lake that the environment asks for; raises BadSettings."""
    chosen = settings.from_environment(os.environ)
    if not Path(chosen.root).is_dir():
        problem = f"DATALAKE_ROOT: {chosen.root!r} is no folder; make it, or mount it there"
        raise BadSettings((problem,))
    return Lake(identify=_identify(chosen), store=FilesystemStore(chosen.root))


def read_dotenv(project: Path) -> None:
    """Add what `.env` beside the project says to the environment, overriding nothing.

    `TRIVET_DOTENV` names another file. On Lambda, and without python-dotenv, there is none.
    """
    if settings.is_lambda(os.environ):
        return
    path = Path(os.environ.get("TRIVET_DOTENV") or project.parent / ".env")
    if not path.is_file():
        return
    try:
        from dotenv import load_dotenv
    except ImportError:
        return
    load_dotenv(path, override=False)


def _identify(chosen: Settings) -> Identify:
    if chosen.on_lambda:
        return identity.from_authorizer
    if chosen.sign_in is None:
        return identity.anybody
    from . import token

    return identity.from_token(token.verify)
