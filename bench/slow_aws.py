"""A proxy on loopback that makes an emulated AWS as slow as the real one, or that much faster.

It delays requests, and tells of what was made a moment ago that it is not ready yet; it keeps
nothing but when that was, and changes nothing in the emulator. S3 and its kind, which ask otherwise
than by POST, are not played.
"""

import http.client
import json
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from xml.etree import ElementTree

from . import waits

HOP = ("content-length", "connection", "transfer-encoding", "keep-alive")
SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
ARN = re.compile(r"arn:aws:elasticloadbalancing:[^<\s]*:loadbalancer/[^<\s]+")


class Asked(NamedTuple):
    """A request: when it came, when it was answered, of which API, the action."""

    begin: float
    end: float
    api: str
    action: str


@dataclass(slots=True, kw_only=True)
class SlowAws:
    """What AWS would be doing: `compression` times faster than it does.

    `ready` is when what was made is there, by id or ARN.
    """

    port: int
    compression: float
    clock: Callable[[], float] = time.monotonic
    ready: dict[str, float] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, what: str, seconds: float) -> None:
        """Note that something has been begun that AWS takes so long for."""
        self.ready[what] = self.clock() + seconds / self.compression

    def is_pending(self, what: str | None) -> bool:
        """Tell whether AWS would still be at it."""
        return self.clock() < self.ready.get(str(what), 0.0)

    def answered(self, action: str, body: bytes) -> bytes:
        """Return an answer as AWS would give it at this time."""
        play = _PLAYED.get(action)
        return play(self, body) if play else body

    @property
    def makespan(self) -> float:
        """Return the seconds from the first request to the last answer, as AWS would take."""
        begin, end = min(it.begin for it in self.asked), max(it.end for it in self.asked)
        return (end - begin) * self.compression


def _balancer_made(aws: SlowAws, body: bytes) -> bytes:
    for arn in ARN.findall(body.decode()):
        aws.begin(arn, waits.PROVISIONING)
    return _balancers(aws, body)


def _balancers(aws: SlowAws, body: bytes) -> bytes:
    return _xml(aws, body, "LoadBalancerArn", "State/Code", "provisioning")


def _gateway_made(aws: SlowAws, body: bytes) -> bytes:
    found = ElementTree.fromstring(body).findall(".//{*}natGatewayId")  # noqa: S314  the emulator's
    for it in found:
        aws.begin(str(it.text), waits.PENDING[waits.NAT_GATEWAY])
    return _gateways(aws, body)


def _gateways(aws: SlowAws, body: bytes) -> bytes:
    return _xml(aws, body, "natGatewayId", "state", "pending")


def _xml(aws: SlowAws, body: bytes, identity: str, state: str, pending: str) -> bytes:
    root = ElementTree.fromstring(body)  # noqa: S314  the emulator's own answer
    path = "/".join(f"{{*}}{part}" for part in state.split("/"))
    for it in root.iter():
        found = it.find(path)
        if found is not None and aws.is_pending(it.findtext(f"{{*}}{identity}")):
            found.text = pending
    return ElementTree.tostring(root)


def _namespace_made(aws: SlowAws, body: bytes) -> bytes:
    aws.begin(json.loads(body)["OperationId"], waits.PENDING[waits.NAMESPACE])
    return body


def _operation(aws: SlowAws, body: bytes) -> bytes:
    answer = json.loads(body)
    if aws.is_pending(answer["Operation"]["Id"]):
        answer["Operation"] |= {"Status": "PENDING"}
    return json.dumps(answer).encode()


def _service_made(aws: SlowAws, body: bytes) -> bytes:
    made = json.loads(body)["service"]
    arn = made["serviceArn"]
    aws.begin(arn, waits.ROLLOUT)
    if made.get("loadBalancers"):
        # a target can be healthy once the load balancer works
        latest = max([aws.ready[arn], *(at for it, at in aws.ready.items() if ARN.fullmatch(it))])
        aws.ready[arn] = latest + waits.HEALTHY / aws.compression
    return body


def _services(aws: SlowAws, body: bytes) -> bytes:
    answer = json.loads(body)
    for it in answer["services"]:
        for deployment in it["deployments"] if aws.is_pending(it["serviceArn"]) else ():
            deployment |= {"runningCount": 0, "rolloutState": "IN_PROGRESS"}
    return json.dumps(answer).encode()


_PLAYED: dict[str, Callable[[SlowAws, bytes], bytes]] = {
    "elasticloadbalancing:CreateLoadBalancer": _balancer_made,
    "elasticloadbalancing:DescribeLoadBalancers": _balancers,
    "ec2:CreateNatGateway": _gateway_made,
    "ec2:DescribeNatGateways": _gateways,
    "servicediscovery:CreatePrivateDnsNamespace": _namespace_made,
    "servicediscovery:GetOperation": _operation,
    "ecs:CreateService": _service_made,
    "ecs:DescribeServices": _services,
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece
    disable_nagle_algorithm = True
    aws: SlowAws

    def do_POST(self) -> None:
        begin = self.aws.clock()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        api, action = _named(self.headers.get("Authorization", ""), self.headers, body)
        status, headers, data = _relayed(self, body)
        if status < http.HTTPStatus.BAD_REQUEST:
            with self.aws.lock:
                data = self.aws.answered(f"{api}:{action}", data)
        rest = waits.REQUEST / self.aws.compression - (self.aws.clock() - begin)
        time.sleep(max(rest, 0.0))
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.aws.asked.append(Asked(begin, self.aws.clock(), api, action))

    def log_message(self, *_: object) -> None: ...


def _named(authorization: str, headers: Any, body: bytes) -> tuple[str, str]:
    """Return a request's API as its signature names it, and its action."""
    scope = SCOPE.search(authorization)
    target = headers.get("X-Amz-Target", "").rpartition(".")[2]
    form = {} if target else urllib.parse.parse_qs(body.decode("latin-1"))
    return scope[1] if scope else "", target or form.get("Action", [""])[0]


def _relayed(request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
    aws: SlowAws = request.aws  # type: ignore[attr-defined]  # of our own handler
    upstream = http.client.HTTPConnection("127.0.0.1", aws.port, timeout=60)
    try:
        upstream.request(request.command, request.path, body, dict(request.headers))
        answer = upstream.getresponse()
        data = answer.read()
    finally:
        upstream.close()
    kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
    return answer.status, kept, data


@contextmanager
def slow_aws(port: int, compression: float) -> Iterator[tuple[str, SlowAws]]:
    """Serve a slow AWS in front of the emulator at a port; yield its address and what it saw."""
    aws = SlowAws(port=port, compression=compression)
    handler = type("Handler", (_Handler,), {"aws": aws})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", aws
        finally:
            server.shutdown()
            thread.join()
