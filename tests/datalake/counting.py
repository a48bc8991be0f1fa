"""Count the store's file operations as an NFS server would see them.

Reading, writing and closing are left out: they are the content's. A folder is opened by `O_PATH`,
which asks the client's cache of names, so it is not counted. The sync of a folder, and letting a
lock go, are counted apart.
"""

from collections import Counter
from typing import Any

from datalake.chalicelib.stores.files import Files

SERVER = {
    "open_file": "open",
    "create": "create",
    "open_lock": "open",
    "lock": "lock",
    "status": "stat",
    "status_of": "stat",
    "stamp": "setattr",
    "sync": "fsync",
    "rename": "rename",
    "link": "link",
    "remove": "unlink",
    "make_folder": "mkdir",
    "remove_folder": "rmdir",
    "names": "readdir",
}
APART = {"sync_folder": "folder fsync", "unlock": "unlock"}


class CountingFiles(Files):
    """The real file system, counted."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name in SERVER or name in APART:
            self.calls[name] += 1
        return found

    def taken(self) -> tuple[int, dict[str, int]]:
        """Return how many calls reached the server since the last time, and what they were."""
        calls, self.calls = self.calls, Counter()
        kinds: Counter[str] = Counter()
        for name, count in calls.items():
            kinds[SERVER.get(name) or APART[name]] += count
        total = sum(count for name, count in calls.items() if name in SERVER)
        return total, dict(sorted(kinds.items()))
