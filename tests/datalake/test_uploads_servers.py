"""Uploads behind real servers: many requests at once, and requests that break off."""

import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.datalake.test_dialects import Speaker
from tests.datalake.test_servers import (  # noqa: F401  fixtures: both servers before a guarded lake
    Server,
    chalice_server,
    environment,
    gateway_server,
    jwks_url,
    lake,
    server,
)
from tests.datalake.test_token import token_of
from tests.datalake.test_uploads_attacks import speaker  # noqa: F401


def test_of_many_pieces_at_one_offset_exactly_one_is_kept(
    server: Server,  # noqa: F811
    speaker: Speaker,  # noqa: F811
) -> None:
    key = f"race/{server.port}/{speaker.media_type[-8:]}"
    made = server.ask("POST", f"/uploads?key={key}", headers=speaker.beginning(200_000))
    location = made.headers["location"]
    pieces = [os.urandom(100_000) for _ in range(8)]

    def send(piece: bytes) -> int:
        return server.ask("PATCH", location, piece, headers=speaker.piece(0)).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, pieces))
    assert sorted(statuses) == [204] + [409] * 7
    winner, last = pieces[statuses.index(204)], os.urandom(100_000)

    def finish(_: int) -> int:
        return server.ask("PATCH", location, last, headers=speaker.piece(100_000)).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(finish, range(8))) <= {201, 204}
    assert server.ask("GET", f"/datasets/{key}").body == winner + last
    kept = json.loads(server.ask("GET", f"/datasets/{key}?versions").body)["items"]
    assert len(kept) == 1


@pytest.mark.parametrize("path", ["/datasets/cut/off", "/uploads"])
def test_a_body_that_breaks_off_leaves_nothing(
    server: Server,  # noqa: F811
    path: str,
) -> None:
    method = b"POST" if path == "/uploads" else b"PUT"
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(
            b"%s %s?%s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nUpload-Complete: ?1\r\n"
            % (method, path.encode(), b"key=cut/off" if path == "/uploads" else b"")
            + b"Authorization: "
            + token_of().encode()
            + b"\r\n\r\nonly this"
        )
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)
    assert server.ask("GET", "/datasets/cut/off").status == 404


def test_an_upload_cut_in_a_piece_goes_on_from_the_piece_before(
    gateway_server: Server,  # noqa: F811
    speaker: Speaker,  # noqa: F811
) -> None:
    key = f"cut/{speaker.media_type[-8:]}"
    made = gateway_server.ask("POST", f"/uploads?key={key}", headers=speaker.beginning(6))
    location = made.headers["location"]
    gateway_server.ask("PATCH", location, b"abc", headers=speaker.piece(0))
    fields = speaker.piece(3) | {"Authorization": token_of(), "Content-Length": "3", "Host": "x"}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with socket.create_connection(("127.0.0.1", gateway_server.port), 10) as connection:
        connection.sendall(f"PATCH {location} HTTP/1.1\r\n{head}\r\nd".encode())
    told = gateway_server.ask("HEAD", location, headers=dict(speaker.every))
    assert told.headers["upload-offset"] == "3"
    gateway_server.ask("PATCH", location, b"def", headers=speaker.piece(3))
    assert gateway_server.ask("GET", f"/datasets/{key}").body == b"abcdef"
