"""The same routes behind real servers: `chalice local`, which decodes no path and verifies no
token, and the local gateway, which does what API Gateway does.
"""

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
from tusclient.client import TusClient

from datalake.chalicelib.about import METADATA_NAMES
from localcloud import host
from localcloud.ports import free_port
from tests.datalake.test_app import CONDITIONS, CURRENT, RANGES
from tests.datalake.test_token import AUDIENCE, CLAIMS, ISSUER, KEY, jwk_of, token_of

ROOT = Path(__file__).resolve().parents[2]
BINARY = bytes(range(256))
POOL = "arn:aws:cognito-idp:eu-central-1:000000000000:userpool/eu-central-1_example"
DEEP = "deep/" * 15 + "s"

# the most, by names and nearly by bytes
METADATA = {f"dataset-meta-{n:02}": "x" * 38 for n in range(METADATA_NAMES)}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    port: int
    lake: Path

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send exactly these fields: no Accept, a genuine token unless another one is given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        signed = {"Authorization": token_of() if token is None else token} | (headers or {})
        try:
            connection.request(method, path, body, signed)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()


class Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"keys": [jwk_of(KEY, "one")]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def jwks_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Keys) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
        server.shutdown()
        thread.join()


def chalice_local(environment: dict[str, str], port: int, *options: str) -> subprocess.Popen[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "DATALAKE_"))}
    return subprocess.Popen(
        [
            *(str(Path(sys.executable).with_name("chalice")), "--project-dir"),
            *(str(ROOT / "datalake"), "local", "--port", str(port), *options),
        ],
        env=inherited | {"PYTHONDONTWRITEBYTECODE": "1", "TRIVET_DOTENV": os.devnull} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def environment(lake: Path, jwks_url: str) -> dict[str, str]:
    return {
        "DATALAKE_ROOT": str(lake),
        "DATALAKE_ISSUER": ISSUER,
        "DATALAKE_CLIENT_ID": AUDIENCE,
        "DATALAKE_JWKS_URL": jwks_url,
        "DATALAKE_LINK_KEY": "k" * 32,
        "DATALAKE_ORIGINS": "https://app.example",
        "TRIVET_DOTENV": os.devnull,
    }


@pytest.fixture(scope="module")
def chalice_server(lake: Path, environment: dict[str, str]) -> Iterator[Server]:
    port = free_port()
    # attached there, Chalice's own authorizer would drop connections: it must not be
    process = chalice_local(environment | {"DATALAKE_USER_POOL_ARN": POOL}, port, "--no-autoreload")
    try:
        wait_for(port, process)
        yield Server(port, lake)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


@pytest.fixture(scope="module")
def gateway_server(
    lake: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("host") / "datalake.log"
    with host.start(ROOT / "datalake", environment=environment, log=log) as running:
        yield Server(int(running.url.rpartition(":")[2]), lake)


@pytest.fixture(params=["chalice_server", "gateway_server"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("chalice local did not start")


def test_a_nested_key_goes_in_and_out(server: Server) -> None:
    put = server.ask("PUT", "/datasets/a/b/c.bin", BINARY)
    assert put.status == 201
    got = server.ask("GET", "/datasets/a/b/c.bin")
    assert (got.status, got.body) == (200, BINARY)
    assert got.headers["etag"] == put.headers["etag"]
    assert (server.lake / "a/b/c.bin").read_bytes() == BINARY
    assert server.ask("DELETE", "/datasets/a/b/c.bin").status == 204


@pytest.mark.parametrize("content_type", ["*/*", "text/plain", "application/octet-stream"])
def test_binary_bodies_for_a_client_without_accept(server: Server, content_type: str) -> None:
    put = server.ask("PUT", "/datasets/b.bin", BINARY, headers={"Content-Type": content_type})
    assert put.status in (200, 201)
    assert server.ask("GET", "/datasets/b.bin").body == BINARY


@pytest.mark.parametrize(
    ("path", "key"),
    [("x%2Fy", "x/y"), ("%C3%BC%20z", "ü z"), (DEEP, DEEP)],
)
def test_the_path_is_decoded_once(server: Server, path: str, key: str) -> None:
    assert json.loads(server.ask("PUT", f"/datasets/{path}", b"1").body)["key"] == key
    assert (server.lake / key).read_bytes() == b"1"


@pytest.mark.parametrize(
    "path", ["..%2f..%2fetc%2fpasswd", "%2e%2e/x", "%252e%252e/x", "a/", "a%2f%2fb"]
)
def test_a_key_that_leaves_the_lake_is_refused(server: Server, path: str) -> None:
    answer = server.ask("GET", f"/datasets/{path}")
    assert (answer.status, json.loads(answer.body)["code"]) == (400, "bad-key")


@pytest.mark.parametrize("path", ["a//b", "%ff"])
def test_what_the_gateway_refuses_itself_we_refuse_elsewhere(
    chalice_server: Server, path: str
) -> None:
    answer = chalice_server.ask("GET", f"/datasets/{path}")
    assert (answer.status, json.loads(answer.body)["code"]) == (400, "bad-key")


def test_a_listing(server: Server) -> None:
    server.ask("PUT", "/datasets/list/1", b"1")
    server.ask("PUT", "/datasets/list/2", b"1")
    page = json.loads(server.ask("GET", "/datasets?prefix=list/&limit=1").body)
    assert [item["key"] for item in page["items"]] == ["list/1"]
    page = json.loads(server.ask("GET", f"/datasets?prefix=list/&cursor={page['cursor']}").body)
    assert [item["key"] for item in page["items"]] == ["list/2"]


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c", "Bearer a.b.c", "...", "é"])
def test_a_token_that_is_none_is_answered(server: Server, token: str) -> None:
    answer = server.ask("GET", "/datasets", token=token)
    assert (answer.status, json.loads(answer.body)["code"]) == (401, "unauthorized")


def test_a_token_that_chalice_local_would_trust_is_refused(server: Server) -> None:
    forged = jwt.encode(CLAIMS, None, "none", headers={"kid": "one"})
    assert server.ask("GET", "/datasets", token=forged).status == 401


def test_a_bearer_token_is_good_too(server: Server) -> None:
    assert server.ask("GET", "/datasets", token=f"Bearer {token_of()}").status == 200


def test_head_has_no_body_and_conditions_hold(server: Server) -> None:
    etag = server.ask("PUT", "/datasets/h", b"12345").headers["etag"]
    head = server.ask("HEAD", "/datasets/h")
    assert (head.status, head.headers["dataset-length"], head.headers["etag"]) == (200, "5", etag)
    stale = server.ask("PUT", "/datasets/h", b"2", headers={"If-None-Match": "*"})
    assert stale.status == 412
    fresh = server.ask("GET", "/datasets/h", headers={"If-None-Match": etag})
    assert (fresh.status, fresh.body) == (304, b"")


@pytest.mark.parametrize(("method", "condition", "exists", "status"), CONDITIONS)
def test_conditions_behind_the_gateway(
    gateway_server: Server, method: str, condition: dict[str, str], exists: bool, status: int
) -> None:
    path = f"/datasets/conditions/{uuid4()}"
    made = gateway_server.ask("PUT", path, b"1").headers["etag"] if exists else '"none"'
    headers = {name: made if value == CURRENT else value for name, value in condition.items()}
    answer = gateway_server.ask(method, path, b"2" if method == "PUT" else None, headers=headers)
    assert answer.status == status
    if status in (304, 412) and exists:
        assert answer.headers["etag"] == made
        assert gateway_server.ask("GET", path).body == b"1"
    if status == 304 or method == "HEAD":
        assert answer.body == b""


@pytest.mark.parametrize(("field", "status", "content_range", "body"), RANGES)
def test_ranges_behind_the_gateway(
    gateway_server: Server, field: str, status: int, content_range: str | None, body: bytes | None
) -> None:
    gateway_server.ask("PUT", "/datasets/ranges", b"0123456789")
    answer = gateway_server.ask("GET", "/datasets/ranges", headers={"Range": field})
    assert (answer.status, answer.headers.get("content-range")) == (status, content_range)
    if body is not None:
        assert answer.body == body


def test_chunks_that_chalice_local_cannot_read_are_refused_and_end_the_connection(
    chalice_server: Server,
) -> None:
    smuggled = b"GET /datasets/smuggled HTTP/1.1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", chalice_server.port), 10) as connection:
        connection.sendall(
            b"PUT /datasets/chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"Authorization: " + token_of().encode() + b"\r\n\r\n"
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(smuggled), smuggled)
        )
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
    assert received.startswith(b"HTTP/1.1 411 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert not (chalice_server.lake / "chunked").exists()


def test_a_link_needs_no_token(server: Server) -> None:
    server.ask("PUT", "/datasets/linked/%C3%BC%20x", b"1")
    order = json.dumps({"verb": "read", "key": "linked/ü x"}).encode()
    made = server.ask("POST", "/links", order)
    assert made.status == 201
    address = json.loads(made.body)["url"]
    assert made.headers["location"] == address
    read = server.ask("GET", address, token="")
    assert (read.status, read.body) == (200, b"1")
    assert server.ask("PUT", address, b"2", token="").status == 403
    assert server.ask("GET", "/l/x.y/linked", token="").status == 404


def test_a_preflight_needs_no_token(server: Server) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,if-match",
    }
    answer = server.ask("OPTIONS", f"/datasets/{DEEP}", token="", headers=asked)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert answer.headers["access-control-allow-headers"] == "authorization, if-match"
    refused = server.ask("GET", "/datasets", token="", headers={"Origin": "https://app.example"})
    assert refused.status == 401
    assert refused.headers["access-control-allow-origin"] == "https://app.example"


def test_clients_that_take_a_hundred_fields_can_read_all_metadata(server: Server) -> None:
    assert server.ask("PUT", "/datasets/meta", b"1", headers=METADATA).status in (200, 201)
    read = server.ask("GET", "/datasets/meta", headers={"Origin": "https://app.example"})
    assert METADATA.items() <= read.headers.items()


def test_two_requests_on_one_connection(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    signed = {"Authorization": token_of()}
    try:
        for method, path, body, status in (
            ("PUT", "/datasets/keep/it", b"1", 201),
            ("HEAD", "/datasets/keep/it", None, 200),
            ("GET", "/datasets/none", None, 404),
            ("GET", "/datasets/keep/it", None, 200),
            ("DELETE", "/datasets/keep/it", None, 204),
            ("GET", "/healthz", None, 200),
        ):
            connection.request(method, path, body, signed)
            response = connection.getresponse()
            response.read()
            assert response.status == status
    finally:
        connection.close()


def test_with_the_pool_known_the_gateway_checks_tokens_by_our_verifier(
    environment: dict[str, str], lake: Path, tmp_path: Path
) -> None:
    guarded = environment | {"DATALAKE_USER_POOL_ARN": POOL}
    with host.start(ROOT / "datalake", environment=guarded, log=tmp_path / "log") as running:
        server = Server(int(running.url.rpartition(":")[2]), lake)
        assert server.ask("GET", "/datasets").status == 200
        assert server.ask("GET", "/healthz", token="").status == 200
        for token in ("garbage", token_of({"aud": "another"}), token_of({"token_use": "access"})):
            refused = server.ask("GET", "/datasets", token=token)
            assert (refused.status, json.loads(refused.body)) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize("options", [("--no-autoreload",), ()])
def test_without_settings_it_says_what_to_set_and_ends(options: tuple[str, ...]) -> None:
    process = chalice_local({}, free_port(), *options)
    try:
        output, _ = process.communicate(timeout=20)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert "set DATALAKE_ROOT" in output
    assert "Traceback" not in output


def tus_client(server: Server) -> TusClient:
    return TusClient(f"http://127.0.0.1:{server.port}/uploads", {"Authorization": token_of()})


@pytest.mark.parametrize("checksum", [False, True])
def test_the_official_client_of_tus_uploads_pauses_and_resumes(
    server: Server, checksum: bool
) -> None:
    body, key = os.urandom(300_000), f"tus/{server.port}/{checksum}.bin"
    options = {"chunk_size": 100_000, "upload_checksum": checksum, "metadata": {"key": key}}
    first = tus_client(server).uploader(file_stream=io.BytesIO(body), **options)
    first.upload(stop_at=200_000)
    assert server.ask("GET", f"/datasets/{key}").status == 404
    second = tus_client(server).uploader(file_stream=io.BytesIO(body), url=first.url, **options)
    assert second.offset == 200_000
    second.upload()
    assert server.ask("GET", f"/datasets/{key}").body == body


def test_the_official_client_of_tus_without_metadata(server: Server) -> None:
    body = os.urandom(1000)
    tus_client(server).uploader(file_stream=io.BytesIO(body), chunk_size=400).upload()
    found = [path.read_bytes() for path in server.lake.iterdir() if len(path.name) == 32]
    assert body in found


def test_somebody_elses_upload_is_not_there(server: Server) -> None:
    tus = {"Tus-Resumable": "1.0.0"}
    made = server.ask("POST", "/uploads", headers=tus | {"Upload-Length": "1"})
    assert made.status == 201
    other = token_of({"sub": "9c2d"})
    assert server.ask("HEAD", made.headers["location"], headers=tus).status == 200
    assert server.ask("HEAD", made.headers["location"], headers=tus, token=other).status == 404
    assert server.ask("OPTIONS", "/uploads", token="").status == 204
