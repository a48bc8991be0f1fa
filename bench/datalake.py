"""Measure the data lake over HTTP beside WsgiDAV on the same files, its store, and its import."""

import base64
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datalake import transfer
from datalake.chalicelib.dataset import PIECE_BYTES, Body, Record
from datalake.chalicelib.key import parse_key
from datalake.chalicelib.preconditions import NONE
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.client import Client
from localcloud import emulator, host
from localcloud.client import call
from localcloud.ports import free_port
from localcloud.provision import id_token, provision
from platform_deploy import apps
from tests.datalake.test_counts import NUMBERS, counted

ROOT = Path(__file__).resolve().parent.parent
SIZE = 4096
CONNECTIONS = 8
ROUNDS = 5
ROUND_SECONDS = 1.5
IMPORTS = 15
LARGE = 100_000_000
MANY = 1_000_000

LISTING = """
import json, os, resource, sys, time
from datalake.chalicelib.key import parse_prefix
from datalake.chalicelib.stores.filesystem import FilesystemStore
store = FilesystemStore(sys.argv[1])
def page():
    return store.list(parse_prefix(sys.argv[2]), after="", limit=1000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
taken = []
for _ in range(3):
    began = time.perf_counter()
    assert len(page().entries) == 1000
    taken.append(time.perf_counter() - began)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
sum(1 for _ in os.scandir(os.path.join(*sys.argv[1:3])))
floor = time.perf_counter() - began
print(json.dumps({"seconds": round(sorted(taken)[1], 3), "floor": round(floor, 3),
                  "mebibytes": (after - before) // 1024}))
"""

WSGIDAV = """
import sys
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp

app = WsgiDAVApp({
    "provider_mapping": {"/": sys.argv[2]},
    "simple_dc": {"user_mapping": {"*": True}},
    "verbose": 0,
    "logging": {"enable": False},
})
wsgi.Server(("127.0.0.1", int(sys.argv[1])), app, numthreads=10).start()
"""

IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
began = time.perf_counter()
import app
taken = time.perf_counter() - began
print(taken * 1000, "boto3" in sys.modules or "botocore" in sys.modules)
"""


def run() -> list[dict[str, Any]]:
    """Return the rows of the benchmark."""
    return [*reading(), *writing(), *large(), *listing(), *calls(), *importing()]


def reading() -> list[dict[str, Any]]:
    """Compare GET of a small data set, a token checked each time, with WsgiDAV's open GET."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        lake = Path(folder) / "lake"
        lake.mkdir()
        url, token = _datalake(stack, Path(folder), lake)
        peer = stack.enter_context(_wsgidav(lake))
        header = {"Authorization": f"Bearer {token}"}
        data = os.urandom(SIZE)
        made = call("PUT", f"{url}/datasets/bench/4k.bin", headers=header, body=data)
        if made.status != 201 or call("GET", f"{peer}/bench/4k.bin").body != data:
            raise RuntimeError(f"the two servers do not share the file: {made}")
        rounds = [
            (
                _load(f"{url}/datasets/bench/4k.bin", *[f"{k}: {v}" for k, v in header.items()]),
                _load(f"{peer}/bench/4k.bin"),
            )
            for _ in range(ROUNDS)
        ]
    ours, theirs = (
        {name: statistics.median(each[side][name] for each in rounds) for name in rounds[0][side]}
        for side in (0, 1)
    )
    ratio = statistics.median(a["per_second"] / b["per_second"] for a, b in rounds)
    return [
        _row("GET 4 KB, 8 connections", round(ours["per_second"]), "requests/s"),
        _row("GET 4 KB, 8 connections, p99", round(ours["p99_ms"], 1), "ms"),
        _row("GET 4 KB, 8 connections, WsgiDAV", round(theirs["per_second"]), "requests/s"),
        _row("GET 4 KB, 8 connections, WsgiDAV, p99", round(theirs["p99_ms"], 1), "ms"),
        _row("GET 4 KB, 8 connections, beside WsgiDAV", round(ratio, 2), "times", at_least=2.5),
    ]


def writing() -> list[dict[str, Any]]:
    """Compare PUT of 4 KB, many writers on one key, with WsgiDAV's, which syncs nothing."""
    rows: list[dict[str, Any]] = []
    for name, at_least, parent in (("disk", 1.3, None), ("tmpfs", 1.5, "/dev/shm")):  # noqa: S108
        if parent and not os.access(parent, os.W_OK):
            continue
        with tempfile.TemporaryDirectory(dir=parent) as folder, ExitStack() as stack:
            lake = Path(folder) / "lake"
            (lake / "bench").mkdir(parents=True)
            url, token = _datalake(stack, Path(folder), lake)
            peer = stack.enter_context(_wsgidav(lake))
            header = f"Authorization: Bearer {token}"
            rounds = [
                (
                    _load(f"{url}/datasets/bench/ours", header, size=SIZE),
                    _load(f"{peer}/bench/theirs", size=SIZE),
                )
                for _ in range(ROUNDS)
            ]
            floor = _sync_floor(lake / "floor")
        ours, theirs = (
            statistics.median(each[side]["per_second"] for each in rounds) for side in (0, 1)
        )
        ratio = statistics.median(a["per_second"] / b["per_second"] for a, b in rounds)
        what = f"PUT 4 KB to one key, {CONNECTIONS} connections, {name}"
        rows += [
            _row(what, round(ours), "requests/s"),
            _row(f"{what}, WsgiDAV", round(theirs), "requests/s"),
            _row(f"{what}, beside WsgiDAV", round(ratio, 2), "times", at_least=at_least),
            _row(f"the files and syncs of one PUT and nothing else, {name}", round(floor, 2), "ms"),
        ]
    return rows


def large() -> list[dict[str, Any]]:
    """Compare 100 MB into the store, and through the gateway by tus, with a peer and a floor."""
    content = os.urandom(LARGE)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        lake = Path(folder) / "lake"
        lake.mkdir()
        source = Path(folder) / "source"
        source.write_bytes(content)
        url, token = _datalake(stack, Path(folder), lake)
        peer = stack.enter_context(_wsgidav(lake))
        client, store = Client(url, f"Bearer {token}"), FilesystemStore(str(lake))
        body = Body(content=content, record=Record())  # no digest: the store takes it
        rounds = [
            (
                _timed(lambda: store.write(parse_key("ours"), body, NONE)),
                _timed(lambda: call("PUT", f"{peer}/theirs", body=content)),
                _timed(
                    lambda: transfer.put(
                        client, source, "tus", media_type="", progress=lambda *_: None
                    )
                ),
                _timed(lambda: _floor(lake / "floor", content)),
            )
            for _ in range(ROUNDS)
        ]
        store.close()
    ours, theirs, uploads, floor = (
        statistics.median(each[side] for each in rounds) for side in range(4)
    )
    ratio = statistics.median(each[1] / each[0] for each in rounds)
    above = statistics.median(each[2] / each[3] for each in rounds)
    return [
        _row("100 MB into the store", round(ours, 3), "s"),
        _row("100 MB, WsgiDAV's PUT", round(theirs, 3), "s"),
        _row("100 MB into the store, beside WsgiDAV", round(ratio, 2), "times", at_least=1),
        _row("100 MB by tus in 4 MiB pieces, gateway and all", round(uploads, 3), "s"),
        _row("100 MB, floor of base64, hash and fsync a piece", round(floor, 3), "s"),
        _row("100 MB by tus over the floor", round(above, 2), "times", at_most=1.2),
    ]


def listing() -> list[dict[str, Any]]:
    """Measure the first page of a flat folder of a million files, and of a tree below a prefix."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder) / "lake"
        for name in ("flat", "tree/a", "tree/b"):
            (lake / name).mkdir(parents=True)
        for name, files in (("flat", MANY), ("tree/a", 1000), ("tree/b", 1000)):
            _fill(lake / name, files)
        flat, tree = (
            json.loads(
                subprocess.run(
                    [sys.executable, "-c", LISTING, str(lake), prefix],
                    cwd=ROOT,
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
            )
            for prefix in ("flat/", "tree/a/")
        )
    return [
        _row("first page of 1,000 of 1,000,000 files", flat["seconds"], "s", at_most=0.4),
        _row("reading the names of that folder and nothing else", flat["floor"], "s"),
        _row("memory of that page", flat["mebibytes"], "MiB", at_most=20),
        _row("first page of 1,000 below a prefix beside them", tree["seconds"], "s"),
    ]


def calls() -> list[dict[str, Any]]:
    """Count the calls of each verb that an NFS server sees."""
    rows = []
    for name, (act, _, at_most) in NUMBERS.items():
        with tempfile.TemporaryDirectory() as folder:
            total, _ = counted(folder, act)
        rows.append(_row(f"{name}: calls to a file server", total, "calls", at_most=at_most))
    return rows


def importing() -> list[dict[str, Any]]:
    """Measure `import app` in fresh interpreters, set up as on Lambda."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "DATALAKE_ROOT": folder,
            "PYTHONPYCACHEPREFIX": folder,  # compiled once, and not beside the source
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment.pop("DATALAKE_OPEN", None)
        command = [sys.executable, "-c", IMPORT, str(ROOT / "datalake")]
        runs = [
            subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            for _ in range(IMPORTS + 1)
        ][1:]
    taken = statistics.median(float(run.stdout.split()[0]) for run in runs)
    loads_boto = sum(run.stdout.split()[1] == "True" for run in runs)
    return [
        _row("import app", round(taken, 1), "ms", at_most=70),
        _row("import app loads boto3 or botocore", loads_boto, "times", at_most=0),
    ]


def _datalake(stack: ExitStack, folder: Path, lake: Path) -> tuple[str, str]:
    """Host the app before an emulated user pool; return its address and an ID token."""
    running = stack.enter_context(emulator.start(log=folder / "ministack.log"))
    app = apps.read(ROOT / "datalake" / "resources.yml", stage="dev")
    sign_in = provision(app, running.endpoint)["users"]
    hosted = host.start(
        ROOT / "datalake",
        environment=running.environment()
        | {
            "DATALAKE_ROOT": str(lake),
            "DATALAKE_ISSUER": sign_in.issuer,
            "DATALAKE_CLIENT_ID": sign_in.client_id,
            "DATALAKE_JWKS_URL": sign_in.jwks_url,
            "TRIVET_DOTENV": os.devnull,
        },
        log=folder / "datalake.log",
    )
    stack.enter_context(hosted)
    password = os.urandom(12).hex() + "Aa1!"
    return hosted.url, id_token(
        running.endpoint, sign_in, user="bench", password=password, groups=["lake-admins"]
    )


@contextmanager
def _wsgidav(lake: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-c", WSGIDAV, str(port), str(lake)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield _answering(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _answering(url: str) -> str:
    deadline = time.monotonic() + 10
    while True:
        try:
            call("GET", url + "/")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return url


def _floor(path: Path, content: bytes) -> None:
    """Do what no upload in pieces through a gateway can leave out, and nothing else."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for start in range(0, len(content), PIECE_BYTES):
            piece = base64.b64decode(base64.b64encode(content[start : start + PIECE_BYTES]))
            hashlib.sha256(piece).digest()
            digest.update(piece)
            file.write(piece)
            file.flush()
            os.fsync(file.fileno())


def _sync_floor(folder: Path) -> float:
    """Return the milliseconds of two new files, their syncs, a rename, and the folder's sync."""
    folder.mkdir()
    opened = os.open(folder, os.O_RDONLY)
    taken = []
    for number in range(200):
        began = time.perf_counter()
        for name, size in ((f"{number}", SIZE), (f"{number}-record", 100)):
            made = os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=opened)
            os.write(made, bytes(size))
            os.fsync(made)
            os.close(made)
        os.rename(f"{number}", "key", src_dir_fd=opened, dst_dir_fd=opened)
        os.fsync(opened)
        taken.append(time.perf_counter() - began)
    os.close(opened)
    return statistics.median(taken) * 1000


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _fill(folder: Path, files: int) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        for number in range(files):
            name = f"{number * 7919 % files:07}.csv"
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    finally:
        os.close(descriptor)


def _load(url: str, *headers: str, size: int = 0) -> dict[str, float]:
    parts = urlsplit(url)
    command = [sys.executable, "-m", "bench.load", "--port", str(parts.port), "--path", parts.path]
    command += ["--connections", str(CONNECTIONS), "--seconds", str(ROUND_SECONDS)]
    command += [f"--header={header}" for header in headers]
    command += ["--method", "PUT", "--bytes", str(size)] if size else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _row(
    name: str,
    value: float,
    unit: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> dict[str, Any]:
    limit, ok = None, None
    if at_least is not None:
        limit, ok = f"≥ {at_least}", value >= at_least
    if at_most is not None:
        limit, ok = f"≤ {at_most}", value <= at_most
    return {"name": name, "value": value, "unit": unit, "limit": limit, "ok": ok}


if __name__ == "__main__":
    for row in run():
        print(json.dumps(row, ensure_ascii=False))
