"""Measure uploads beside @tus/server with tuspy, and the memory that a large one takes.

`make payloads` fetches the peer where npm is there; without it, or without node, a row says so.
"""

import io
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tusclient.client import TusClient

from datalake import transfer
from datalake.chalicelib.dataset import PIECE_BYTES
from datalake.client import Client
from localcloud import host
from localcloud.ports import free_port

from .datalake import ROOT, _answering, _datalake, _row

LARGE = 100_000_000
ROUNDS = 5
GIBIBYTE = 1 << 30
NPM = ROOT / ".local" / "npm"
NODE = shutil.which("node")

TUS_SERVER = """
import { Server } from '@tus/server'
import { FileStore } from '@tus/file-store'
const [port, directory] = process.argv.slice(1)
const server = new Server({ path: '/files', datastore: new FileStore({ directory }) })
server.listen({ host: '127.0.0.1', port: Number(port) })
"""


def run() -> list[dict[str, Any]]:
    """Return the rows of the benchmark."""
    return [*beside_tus_server(), *memory()]


def beside_tus_server() -> list[dict[str, Any]]:
    """Compare 100 MB by tuspy with @tus/server, which neither syncs nor hashes."""
    name = "100 MB by tuspy in 4 MiB pieces"
    missing = _missing()
    if missing:
        return [_row(f"{name}: no peer ({missing})", 0, "skipped")]
    content = os.urandom(LARGE)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        lake, files = Path(folder) / "lake", Path(folder) / "files"
        lake.mkdir()
        files.mkdir()
        url, token = _datalake(stack, Path(folder), lake)
        ours = TusClient(f"{url}/uploads", {"Authorization": f"Bearer {token}"})
        theirs = TusClient(f"{stack.enter_context(_tus_server(files))}/files")
        rounds = [
            (_seconds(ours, content, f"bench/{number}"), _seconds(theirs, content, str(number)))
            for number in range(ROUNDS)
        ]
        if sum(path.stat().st_size == LARGE for path in lake.glob("bench/*")) != ROUNDS:
            raise RuntimeError("not every upload became a data set")
    mine, peers = (statistics.median(each[side] for each in rounds) for side in (0, 1))
    ratio = statistics.median(each[1] / each[0] for each in rounds)
    return [
        _row(f"{name}, gateway and all", round(mine, 3), "s"),
        _row(f"{name}, @tus/server", round(peers, 3), "s"),
        _row(f"{name}, beside @tus/server", round(ratio, 2), "times", at_least=0.6),
    ]


def memory(size: int = GIBIBYTE) -> list[dict[str, Any]]:
    """Measure by how much the host's memory grows while a data set of the size goes in and out."""
    with tempfile.TemporaryDirectory() as folder:
        up, down = grown(Path(folder), size)
    mebibytes = size >> 20
    return [
        _row(f"{mebibytes} MiB up: the host's memory grows by", up, "MiB", at_most=16),
        _row(f"{mebibytes} MiB down: the host's memory grows by", down, "MiB", at_most=16),
    ]


def grown(folder: Path, size: int) -> tuple[float, float]:
    """Return the growth of the host's largest memory in MiB, for the way in and the way out.

    Measured after three pieces went in and out, which import and allocate what any do.
    """
    lake, source, target = folder / "lake", folder / "source", folder / "target"
    lake.mkdir()
    environment = {"DATALAKE_ROOT": str(lake), "DATALAKE_OPEN": "1", "TRIVET_DOTENV": os.devnull}
    with host.start(
        ROOT / "datalake", environment=environment, environments=1, log=folder / "log"
    ) as running:
        client = Client(running.url)
        peaks = []
        for part in (3 * PIECE_BYTES, size):
            _write(source, part)
            transfer.put(client, source, "large", media_type="", progress=lambda *_: None)
            peaks.append(_peak(running.process.pid))
            transfer.get(client, "large", target, progress=lambda *_: None)
            peaks.append(_peak(running.process.pid))
        if not _same(source, target):
            raise RuntimeError("what came out is not what went in")
    _, warm, up, down = peaks
    return round((up - warm) / 1024, 1), round((down - up) / 1024, 1)


def _missing() -> str:
    if not NODE:
        return "no node on the PATH"
    return "" if (NPM / "node_modules" / "@tus").is_dir() else "no @tus/server: make payloads"


@contextmanager
def _tus_server(files: Path) -> Iterator[str]:
    port = free_port()
    command = [NODE or "node", "--input-type=module", "-e", TUS_SERVER, str(port), str(files)]
    with subprocess.Popen(command, cwd=NPM) as process:  # it finds packages from where it runs
        try:
            yield _answering(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _seconds(client: TusClient, content: bytes, key: str) -> float:
    began = time.perf_counter()
    client.uploader(
        file_stream=io.BytesIO(content), chunk_size=PIECE_BYTES, metadata={"key": key}
    ).upload()
    return time.perf_counter() - began


def _write(path: Path, size: int) -> None:
    """Write a file of which no two pieces are alike."""
    rest = os.urandom(PIECE_BYTES - 8)
    with path.open("wb") as file:
        for start in range(0, size, PIECE_BYTES):
            file.write((start.to_bytes(8) + rest)[: size - start])


def _same(one: Path, other: Path) -> bool:
    with one.open("rb") as first, other.open("rb") as second:
        while piece := first.read(PIECE_BYTES):
            if second.read(PIECE_BYTES) != piece:
                return False
        return not second.read(1)


def _peak(pid: int) -> int:
    """Return the most memory that a process and its children had at any time, in KiB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return int(status.partition("VmHWM:")[2].split(None, 1)[0]) + sum(
        map(_peak, map(int, children))
    )


if __name__ == "__main__":
    for row in run():
        print(json.dumps(row, ensure_ascii=False))
