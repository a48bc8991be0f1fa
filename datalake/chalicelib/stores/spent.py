"""Keep which links were used that may be used once: one empty file each, in the lake's folder `s`.

Its name begins with the time of the link's end in hexadecimal: past it, it may be removed.
"""

import re
from contextlib import suppress

from ..errors import NoSuchDataset
from ..link_errors import LinkSpent
from .filesystem import FilesystemStore
from .oserrors import absent_as_missing, translated

FOLDER = "s"
_NAME = re.compile(r"([0-9a-f]{1,16})-")


class SpentFiles:
    """The spent links of the lake of a store. Creating a file is one step on NFS, too."""

    def __init__(self, store: FilesystemStore) -> None:
        self._files, self._tree = store.files, store.tree

    def spend(self, name: str) -> None:
        """Use a link up, durable on return; raises LinkSpent where it was."""
        with translated(), self._tree.own(FOLDER) as folder:
            try:
                self._files.close(self._files.create(folder, name))
            except FileExistsError as error:
                raise LinkSpent from error
            self._files.sync_folder(folder)

    def require_unspent(self, name: str) -> None:
        """Raise LinkSpent where the link was used up."""
        with (
            translated(),
            suppress(NoSuchDataset),
            absent_as_missing(),
            self._tree.own(FOLDER, make=False) as folder,
        ):
            self._files.status_of(folder, name)
            raise LinkSpent

    def restore(self, name: str) -> None:
        """Take the use back."""
        with translated(), suppress(FileNotFoundError), self._tree.own(FOLDER) as folder:
            self._files.remove(folder, name)

    def sweep(self, now: int) -> None:
        """Forget the links that have ended at `now`, in seconds since 1970."""
        with translated():
            for name in self._tree.own_names(FOLDER):
                found = _NAME.match(name)
                if found and int(found[1], 16) < now:
                    self.restore(name)
