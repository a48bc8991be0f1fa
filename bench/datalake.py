"""Measure the data lake: reading over HTTP beside WsgiDAV on the same file, and its import."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from localcloud import emulator, host
from localcloud.client import call
from localcloud.ports import free_port
from localcloud.provision import id_token, provision
from platform_deploy import apps

ROOT = Path(__file__).resolve().parent.parent
SIZE = 4096
CONNECTIONS = 8
ROUNDS = 5
ROUND_SECONDS = 1.5
IMPORTS = 15

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
    return [*reading(), *importing()]


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
        _row("GET 4 KB, 8 connections, beside WsgiDAV", round(ratio, 2), "times", at_least=2),
    ]


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


def _load(url: str, *headers: str) -> dict[str, float]:
    parts = urlsplit(url)
    command = [sys.executable, "-m", "bench.load", "--port", str(parts.port), "--path", parts.path]
    command += ["--connections", str(CONNECTIONS), "--seconds", str(ROUND_SECONDS)]
    command += [f"--header={header}" for header in headers]
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
