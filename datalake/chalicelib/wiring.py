"""Put the real collaborators together, once per process."""

import functools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import identity, rights_file, settings
from .dataset import Swept
from .errors import BadSettings
from .identity import Admit
from .links import Links, Spent
from .settings import Settings
from .store import Store
from .stores.filesystem import FilesystemStore
from .stores.spent import SpentFiles
from .stores.uploads import FilesystemUploads
from .uploads import Uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """What answers requests."""

    admit: Admit
    store: Store
    sweep: Callable[[], Swept]
    uploads: Uploads
    links: Links
    spent: Spent
    origins: tuple[str, ...] = ()


def lake() -> Lake:
    """Return the lake that the environment asks for; raises BadSettings."""
    chosen = settings.from_environment(os.environ)
    if not Path(chosen.root).is_dir():
        problem = f"DATALAKE_ROOT: {chosen.root!r} is no folder; make it, or mount it there"
        raise BadSettings((problem,))
    store = FilesystemStore(chosen.root)
    return Lake(
        admit=_admit(chosen),
        store=store,
        sweep=lambda: _swept(store, chosen),
        uploads=FilesystemUploads(store),
        links=Links(keys=chosen.link_keys, now=time.time, new_id=lambda: os.urandom(12).hex()),
        spent=SpentFiles(store),
        origins=chosen.origins,
    )


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


def check_rights() -> None:
    """Raise BadRights where the deployed app would refuse to serve by its rules."""
    rights_file.load_rights(_rights_path(settings.rights_in(os.environ)))


def _swept(store: FilesystemStore, chosen: Settings) -> Swept:
    """Sweep what this hour looks at."""
    from .stores import sweep  # not for requests

    now_ns = time.time_ns()
    SpentFiles(store).sweep(now_ns // 1_000_000_000)
    keep_ns = chosen.keep_days * 24 * sweep.HOUR_NS
    return sweep.Sweep(store, now_ns=now_ns, keep_ns=keep_ns).run(sweep.shards_of_hour(now_ns))


def _admit(chosen: Settings) -> Admit:
    if chosen.is_open:
        return identity.anybody
    rights = functools.cache(lambda: rights_file.load_rights(_rights_path(chosen.rights)))
    if chosen.on_lambda:  # `chalice deploy` has read the rules; a cold start need not
        return identity.admit(identity.from_authorizer, rights)
    rights()
    from . import token

    return identity.admit(identity.from_token(token.verify), rights)


def _rights_path(name: str) -> str:
    return str(Path(__file__).resolve().parent / name)
