"""Lose the power at any moment: rebuild the lake as a file system may have kept it.

The model is that of a journal (ext4, XFS, ZFS): names become durable in the order in which they
were made, at the latest when a sync returns that came after them; a file's bytes and time only by
its own sync. What was never synced may be there or not, so several lakes are possible after each
operation. An NFS server has done all that concerns names when it answers: it loses less.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from datalake.chalicelib.stores.files import Files

Step = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """After an operation: so many names surely durable, so many made, and the synced contents.

    `acknowledged` is what the test had been told by then.
    """

    durable: int
    made: int
    contents: dict[int, tuple[bytes, int]]
    acknowledged: tuple[str, ...]


class PoweredFiles(Files):
    """The real file system; it remembers what was asked of it, and which of that was synced."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._steps: list[Step] = []
        self._durable = 0
        self._contents: dict[int, tuple[bytes, int]] = {}
        self._acknowledged: tuple[str, ...] = ()
        self._moments: list[Moment] = []

    def acknowledge(self, what: str) -> None:
        """Take note of what the caller was told is done."""
        self._acknowledged += (what,)
        self._remember()

    def create(self, folder: int, name: str) -> int:
        descriptor = super().create(folder, name)
        self._step("create", self._path(folder, name), str(os.fstat(descriptor).st_ino))
        return descriptor

    def link(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        super().link(folder, name, to_folder, to_name)
        self._step("link", self._path(folder, name), self._path(to_folder, to_name))

    def rename(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        super().rename(folder, name, to_folder, to_name)
        self._step("rename", self._path(folder, name), self._path(to_folder, to_name))

    def remove(self, folder: int, name: str) -> None:
        super().remove(folder, name)
        self._step("remove", self._path(folder, name))

    def make_folder(self, parent: int, name: str, mode: int = 0o777) -> None:
        super().make_folder(parent, name, mode)
        self._step("make_folder", self._path(parent, name))

    def remove_folder(self, parent: int, name: str) -> None:
        super().remove_folder(parent, name)
        self._step("remove_folder", self._path(parent, name))

    def open_lock(self, folder: int, name: str) -> int:
        descriptor = super().open_lock(folder, name)
        self._step("touch", self._path(folder, name))
        return descriptor

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        status = os.fstat(descriptor)
        with open(f"/proc/self/fd/{descriptor}", "rb") as file:
            self._contents[status.st_ino] = (file.read(), status.st_mtime_ns)
        self._synced()

    def sync_folder(self, folder: int) -> None:
        super().sync_folder(folder)
        self._synced()

    def lakes(self, into: Path) -> Iterator[tuple[Path, Moment]]:
        """Build each lake that a loss of power may leave: the least and the most of a moment."""
        into.mkdir()
        for number, moment in enumerate(self._moments):
            for kept in sorted({moment.durable, moment.made}):
                lake = into / f"{number}-{kept}"
                lake.mkdir()
                self._rebuild(lake, self._steps[:kept], moment.contents)
                yield lake, moment

    def _path(self, folder: int, name: str) -> str:
        above = os.readlink(f"/proc/self/fd/{folder}")
        return os.path.relpath(os.path.join(above, name), self.root)

    def _step(self, *step: str) -> None:
        self._steps.append(step)
        self._remember()

    def _synced(self) -> None:
        self._durable = len(self._steps)
        self._remember()

    def _remember(self) -> None:
        made = len(self._steps)
        self._moments.append(Moment(self._durable, made, dict(self._contents), self._acknowledged))

    @staticmethod
    def _rebuild(lake: Path, steps: list[Step], contents: dict[int, tuple[bytes, int]]) -> None:
        for verb, first, *more in steps:
            path = lake / first
            match verb:
                case "create":
                    content, modified_ns = contents.get(int(more[0]), (b"", 0))
                    path.write_bytes(content)
                    os.utime(path, ns=(modified_ns, modified_ns))
                case "touch":
                    path.touch()
                case "link":
                    os.link(path, lake / more[0])
                case "rename":
                    path.replace(lake / more[0])
                case "remove":
                    path.unlink()
                case "make_folder":
                    path.mkdir()
                case _:
                    path.rmdir()
