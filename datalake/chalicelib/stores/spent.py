"""Keep which links were used that may be used once: one empty file each, in the lake's folder.

Its name begins with the time of the link's end in hexadecimal: past it, it may be removed.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from ..key import RESERVED
from ..link_errors import LinkSpent
from .oserrors import translated

FOLDER = "s"
_NAME = re.compile(r"([0-9a-f]{1,16})-")
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class SpentFiles:
    """The spent links of the lake at `root`. Creating a file is one step on NFS, too."""

    def __init__(self, root: str) -> None:
        self._folder = Path(root, RESERVED, FOLDER)

    def spend(self, name: str) -> None:
        """Use a link up, durable on return; raises LinkSpent where it was."""
        with translated():
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                os.close(os.open(self._folder / name, _CREATE, 0o600))
            except FileExistsError as error:
                raise LinkSpent from error
            self._sync()

    def require_unspent(self, name: str) -> None:
        """Raise LinkSpent where the link was used up."""
        with translated(), suppress(FileNotFoundError):
            os.stat(self._folder / name, follow_symlinks=False)
            raise LinkSpent

    def restore(self, name: str) -> None:
        """Take the use back."""
        with translated(), suppress(FileNotFoundError):
            (self._folder / name).unlink()

    def sweep(self, now: int) -> None:
        """Forget the links that have ended at `now`, in seconds since 1970."""
        with translated(), suppress(FileNotFoundError):
            for name in os.listdir(self._folder):
                found = _NAME.match(name)
                if found and int(found[1], 16) < now:
                    self.restore(name)

    def _sync(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
