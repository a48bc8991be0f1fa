"""A Docker engine without containers: the part of its HTTP API that localcloud uses, on a socket.

It behaves: what is made can be listed, filtered and removed, and what is wrong is refused with the
status that Docker has for it.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

VERSION = {"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"}


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class FakeDocker(ThreadingMixIn, UnixStreamServer):
    """The engine's state: containers and networks by id, images by name."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.host = f"unix://{path}"
        self.containers: dict[str, dict[str, Any]] = {}
        self.networks: dict[str, dict[str, Any]] = {}
        self.images: dict[str, dict[str, str]] = {}
        self.builds: list[str] = []
        self.build_error = ""
        self.trouble = ""
        self.refusals = 0

    def add_network(
        self, name: str, labels: dict[str, str], block: dict[str, str] | None = None
    ) -> str:
        identity = f"net-{len(self.networks)}"
        self.networks[identity] = {
            "Id": identity,
            "Name": name,
            "Labels": labels,
            "IPAM": {"Config": [block] if block else []},
            "Containers": {},
        }
        return identity

    def add_container(self, identity: str, labels: dict[str, str], mode: str = "default") -> None:
        self.containers[identity] = {
            "Id": identity,
            "Names": [f"/{identity}"],
            "Labels": labels,
            "HostConfig": {"NetworkMode": mode},
            "State": "running",
        }

    def names_of(self, container: str) -> dict[str, list[str]]:
        """Return a container's aliases by the name of the network."""
        return {
            network["Name"]: network["Containers"][container]
            for network in self.networks.values()
            if container in network["Containers"]
        }

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Any:
        if self.trouble and path != "/version":
            raise Refused(500, self.trouble)
        for verb, pattern, action in _ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                return action(self, *found.groups(), query=query, body=body)
        raise Refused(500, f"the fake has no {method} {path}")

    def _version(self, *, query: dict[str, str], body: bytes) -> Any:
        return VERSION

    def _list_networks(self, *, query: dict[str, str], body: bytes) -> Any:
        filters = json.loads(query.get("filters", "{}"))
        return [
            {**network, "Containers": {}}
            for network in self.networks.values()
            if _has_labels(network, filters)
            and all(name in network["Name"] for name in filters.get("name", []))
        ]

    def _network(self, identity: str, *, query: dict[str, str], body: bytes) -> Any:
        network = self.networks[identity]
        return {**network, "Containers": {one: {} for one in network["Containers"]}}

    def _create_network(self, *, query: dict[str, str], body: bytes) -> Any:
        asked = json.loads(body)
        return {"Id": self.add_network(asked["Name"], asked["Labels"] or {})}

    def _connect(self, identity: str, *, query: dict[str, str], body: bytes) -> Any:
        asked, network = json.loads(body), self.networks[identity]
        if asked["Container"] not in self.containers:
            raise Refused(404, "no such container")
        if asked["Container"] in network["Containers"]:
            raise Refused(403, "endpoint already exists in network")
        network["Containers"][asked["Container"]] = asked["EndpointConfig"].get("Aliases") or []

    def _disconnect(self, identity: str, *, query: dict[str, str], body: bytes) -> Any:
        del self.networks[identity]["Containers"][json.loads(body)["Container"]]

    def _remove_network(self, identity: str, *, query: dict[str, str], body: bytes) -> Any:
        if self.networks[identity]["Containers"]:
            raise Refused(403, "network has active endpoints")
        del self.networks[identity]

    def _list_containers(self, *, query: dict[str, str], body: bytes) -> Any:
        return [
            {
                **container,
                "NetworkSettings": {"Networks": {"bridge": {}} | self.names_of(identity)},
            }
            for identity, container in self.containers.items()
            if _has_labels(container, json.loads(query.get("filters", "{}")))
        ]

    def _remove_container(self, identity: str, *, query: dict[str, str], body: bytes) -> Any:
        del self.containers[identity]

    def _image(self, name: str, *, query: dict[str, str], body: bytes) -> Any:
        if name not in self.images:
            raise Refused(404, f"no such image: {name}")
        return {"Id": f"sha256:{name}", "Config": {"Labels": self.images[name]}}

    def _build(self, *, query: dict[str, str], body: bytes) -> Any:
        if self.build_error:
            return {"error": self.build_error}
        self.builds.append(query["t"])
        self.images[query["t"]] = json.loads(query["labels"])
        self.images["0123abcd"] = {}
        return {"stream": "Successfully built 0123abcd\n"}


_ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/version", FakeDocker._version),
    ("GET", "/networks", FakeDocker._list_networks),
    ("POST", "/networks/create", FakeDocker._create_network),
    ("GET", "/networks/([^/]+)", FakeDocker._network),
    ("POST", "/networks/([^/]+)/connect", FakeDocker._connect),
    ("POST", "/networks/([^/]+)/disconnect", FakeDocker._disconnect),
    ("DELETE", "/networks/([^/]+)", FakeDocker._remove_network),
    ("GET", "/containers/json", FakeDocker._list_containers),
    ("DELETE", "/containers/([^/]+)", FakeDocker._remove_container),
    ("GET", "/images/(.+)/json", FakeDocker._image),
    ("POST", "/build", FakeDocker._build),
]


def _has_labels(thing: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    wanted = [label.partition("=") for label in filters.get("label", [])]
    return all(
        key in thing["Labels"] and (not sign or thing["Labels"][key] == value)
        for key, sign, value in wanted
    )


class _Handler(BaseHTTPRequestHandler):
    server: FakeDocker
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        target = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(target.query).items()}
        path = re.sub(r"^/v[0-9.]+", "", unquote(target.path))
        try:
            answer = self.server.answer(self.command, path, query, self._body())
            status = 200 if answer is not None else 204
        except Refused as refusal:
            self.server.refusals += 1
            status, answer = refusal.status, {"message": refusal.message}
        except KeyError as missing:
            status, answer = 404, {"message": f"no such thing: {missing}"}
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815  the server's names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def fake_docker(folder: Path) -> Iterator[FakeDocker]:
    """Serve a fake engine on a socket in the folder."""
    with FakeDocker(folder / "docker.sock") as engine:
        thread = threading.Thread(target=engine.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield engine
        finally:
            engine.shutdown()
            thread.join()
