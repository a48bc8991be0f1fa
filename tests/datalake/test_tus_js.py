"""tus-js-client, the official client of tus in JavaScript, uploads, pauses and resumes.

It speaks the IETF draft, too. `make payloads` fetches it where npm is there; elsewhere these tests
are skipped and say so.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.datalake.test_servers import (  # noqa: F401  fixtures: both servers before a guarded lake
    ROOT,
    Server,
    chalice_server,
    environment,
    gateway_server,
    jwks_url,
    lake,
    server,
)
from tests.datalake.test_token import token_of

MODULES = ROOT / ".local" / "npm" / "node_modules"
SCRIPT = Path(__file__).parent / "npm" / "upload.cjs"
NODE = shutil.which("node")
SIZE, CHUNK = 300_000, 100_000

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="no node on the PATH"),
    pytest.mark.skipif(not MODULES.is_dir(), reason="no tus-js-client: make payloads"),
]


def upload(file: Path, protocol: str, **asked: Any) -> dict[str, Any]:
    """Run the client as a process of its own, so that nothing but the address is remembered."""
    options = {"file": str(file), "protocol": protocol, "chunkSize": CHUNK, "token": token_of()}
    done = subprocess.run(
        [NODE or "node", str(SCRIPT), json.dumps(options | asked)],
        env={"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def endpoint(server: Server, query: str = "") -> str:  # noqa: F811  the fixture's value
    return f"http://127.0.0.1:{server.port}/uploads{query}"


@pytest.mark.parametrize("protocol", ["tus-v1", "ietf-draft-05"])
def test_it_uploads_pauses_and_resumes(
    server: Server,  # noqa: F811
    tmp_path: Path,
    protocol: str,
) -> None:
    body, key = os.urandom(SIZE), f"js/{server.port}/{protocol}.bin"
    file = tmp_path / "body"
    file.write_bytes(body)
    paused = upload(
        file, protocol, endpoint=endpoint(server, f"?key={key}"), stopAt=2 * CHUNK, terminate=False
    )
    assert (paused["sent"], paused["done"]) == (2 * CHUNK, False)
    assert server.ask("GET", f"/datasets/{key}").status == 404
    resumed = upload(file, protocol, url=paused["url"])
    assert resumed == {"url": paused["url"], "done": True}
    assert server.ask("GET", f"/datasets/{key}").body == body


def test_it_names_the_key_in_the_metadata(
    gateway_server: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"a,b\n")
    named = {"key": "js/named.bin", "filetype": "text/csv", "owner": "me"}
    assert upload(file, "tus-v1", endpoint=endpoint(gateway_server), metadata=named)["done"]
    read = gateway_server.ask("GET", "/datasets/js/named.bin")
    assert (read.body, read.headers["content-type"]) == (b"a,b\n", "text/csv")
    assert read.headers["dataset-meta-owner"] == "me"


def test_it_gives_an_upload_up(
    gateway_server: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "body"
    file.write_bytes(bytes(SIZE))
    ended = upload(file, "tus-v1", endpoint=endpoint(gateway_server), stopAt=CHUNK, terminate=True)
    path = ended["url"].partition(str(gateway_server.port))[2]
    assert gateway_server.ask("HEAD", path).status == 404


def test_a_refusal_reaches_it(
    gateway_server: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "body"
    file.write_bytes(bytes(10))
    refused = upload(file, "tus-v1", endpoint=endpoint(gateway_server), token="none")
    assert "response code: 401" in refused["error"]
