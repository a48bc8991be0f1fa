"""Store, list, load, replace and delete data sets as a client of the data lake would."""

import secrets
from collections.abc import Mapping

from ..client import Answer, call
from ..cloud import Cloud
from ..provision import id_token
from ..screen import Screen
from .expect import expect_status, require

TABLE = b"city,visitors\nHamburg,1200\nBremen,830\nKiel,410\n"
NEWER_TABLE = TABLE + "Lübeck,620\n".encode()


def tour(cloud: Cloud, screen: Screen) -> None:
    """A token, two data sets, preconditions, a listing, rights, a deletion."""
    screen.title("datalake: data sets over HTTP, kept as plain files")
    with screen.step("without a token → 401"):
        call_lake(cloud, "GET", "/datasets", expect=401)
    with screen.step("a person signs in at Cognito → an ID token"):
        lake = Lake(cloud, _token(cloud, "ana@example.com", "lake-admins"))
    etag = _store_and_load(lake, screen)
    with screen.step("replaced under If-Match, refused under the old ETag (412)"):
        newer = lake.put("sales/2026/visitors.csv", NEWER_TABLE, match=etag, expect=200)
        lake.put("sales/2026/visitors.csv", TABLE, match=etag, expect=412)
        require(newer != etag, "the ETag did not change with the content")
        require(lake.get("sales/2026/visitors.csv") == NEWER_TABLE, "the refused PUT was stored")
    with screen.step("the data set is an ordinary file on the mounted folder"):
        require(
            (cloud.lake / "sales/2026/visitors.csv").read_bytes() == NEWER_TABLE,
            "the file on the mount differs from the data set",
        )
    with screen.step("who has no right to see it finds nothing: 404, and not listed"):
        stranger = Lake(cloud, _token(cloud, "ben@example.com"))
        stranger.call("GET", "/sales/2026/visitors.csv", expect=404)
        require(stranger.list() == [], "a listing shows what its reader may not see")
    with screen.step("a key that leaves the lake → 400; deleted → 404"):
        lake.call("GET", "/..%2f..%2fetc%2fpasswd", expect=400)
        lake.call("DELETE", "/pictures/harbour.bin", expect=204)
        lake.call("GET", "/pictures/harbour.bin", expect=404)


def _store_and_load(lake: "Lake", screen: Screen) -> str:
    """Store a table and a picture, load both, and return the table's ETag."""
    picture = secrets.token_bytes(70_000)
    with screen.step("a CSV and a binary file are stored"):
        etag = lake.put("sales/2026/visitors.csv", TABLE, kind="text/csv", expect=201)
        lake.put("pictures/harbour.bin", picture, kind="application/octet-stream", expect=201)
    with screen.step("they are listed, and loaded back byte for byte"):
        listed = lake.list()
        require(
            listed == ["pictures/harbour.bin", "sales/2026/visitors.csv"], f"the listing: {listed}"
        )
        require(lake.get("pictures/harbour.bin") == picture, "the picture came back changed")
        require(lake.get("sales/2026/visitors.csv") == TABLE, "the table came back changed")
    screen.note("\n".join(listed) + f"\nETag of the table: {etag}")
    return etag


def _token(cloud: Cloud, user: str, *groups: str) -> str:
    password = f"Aa1-{secrets.token_urlsafe(12)}"
    return id_token(
        cloud.emulator.endpoint, cloud.sign_in, user=user, password=password, groups=groups
    )


class Lake:
    """The data lake as one signed-in person sees it."""

    def __init__(self, cloud: Cloud, token: str) -> None:
        self._cloud = cloud
        self._token = token

    def put(self, key: str, body: bytes, *, expect: int, kind: str = "", match: str = "") -> str:
        """Store a data set and return its ETag."""
        headers = {"Content-Type": kind or "text/csv"} | ({"If-Match": match} if match else {})
        answer = self.call("PUT", f"/{key}", expect=expect, headers=headers, body=body)
        return answer.headers.get("etag", "")

    def get(self, key: str) -> bytes:
        """Load a data set."""
        return self.call("GET", f"/{key}", expect=200).body

    def list(self) -> list[str]:
        """Return the keys that are listed."""
        return [entry["key"] for entry in self.call("GET", "", expect=200).json()["items"]]

    def call(
        self,
        method: str,
        path: str,
        *,
        expect: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a request below /datasets with the token, and require the status."""
        signed = {"Authorization": self._token} | dict(headers or {})
        return call_lake(
            self._cloud, method, f"/datasets{path}", expect=expect, headers=signed, body=body
        )


def call_lake(
    cloud: Cloud,
    method: str,
    path: str,
    *,
    expect: int,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Send a request to the data lake and require the status."""
    answer = call(method, cloud.datalake.url + path, headers=headers, body=body)
    return expect_status(answer, expect, f"{method} {path}")
