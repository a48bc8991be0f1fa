"""Links: what they allow, that nobody makes one up, and that one is used once."""

import base64
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake.chalicelib.dataset import PIECE_BYTES
from datalake.chalicelib.errors import NoSuchDataset, NotAllowed, StoreBusy
from datalake.chalicelib.link_errors import (
    BadLink,
    LinkExpired,
    LinksOff,
    LinkSpent,
    NoSuchLink,
)
from datalake.chalicelib.links import MAX_SECONDS, Link, Links
from datalake.chalicelib.rights import EVERYTHING, Grant, Grants
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.spent import SpentFiles
from tests.datalake.test_app import SIGN_IN, code, gateway_event, on_lambda
from tests.datalake.test_permissions import ADMIN, BEN

Serve = Callable[[Mapping[str, str]], Any]

KEY, OLD_KEY = "k" * 32, "o" * 32
NOW = 1_800_000_000
OWNER = Grants(who="adm-1", grants=EVERYTHING)
ORDER = {"verb": "read", "key": "a/b"}


def links(*keys: str, now: float = NOW) -> Links:
    return Links(keys=keys or (KEY,), now=lambda: now, new_id=lambda: "0badf00d")


def make(made_by: Links, grants: Grants = OWNER, **order: object) -> tuple[str, Link]:
    return made_by.make(json.dumps({**ORDER, **order}).encode(), grants)


# the capability


def test_a_link_says_what_it_allows() -> None:
    token, link = make(links(), seconds=60, once=True)
    assert link == Link(
        id="0badf00d", by="adm-1", verb="read", below="a/b", expires=NOW + 60, once=True
    )
    assert links().open(token) == link
    grants = link.grants()
    assert grants.who == "link 0badf00d by adm-1"
    assert grants.grants == (Grant(verbs=frozenset({"read"}), below="a/b"),)


def test_a_link_ends() -> None:
    token, _ = make(links(), seconds=60)
    links(now=NOW + 59.9).open(token)
    with pytest.raises(LinkExpired):
        links(now=NOW + 60).open(token)


def test_keys_are_rotated_by_naming_the_new_one_first() -> None:
    old, _ = make(links(OLD_KEY))
    both = links(KEY, OLD_KEY)
    both.open(old)
    new, _ = make(both)
    links(KEY).open(new)
    with pytest.raises(NoSuchLink):
        links(KEY).open(old)


def test_without_a_key_there_are_no_links() -> None:
    off = Links(keys=(), now=lambda: NOW, new_id=lambda: "")
    with pytest.raises(LinksOff):
        make(off)
    for token in (make(links())[0], "", ".", "a.", f"{make(links())[0].partition('.')[0]}."):
        with pytest.raises(NoSuchLink):
            off.open(token)


TOKEN = make(links())[0]


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_no_changed_character_passes(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(NoSuchLink):
            links().open(changed)


@given(st.text(max_size=50))
def test_no_text_is_a_link_by_chance(text: str) -> None:
    with pytest.raises(NoSuchLink):
        links().open(text)


@pytest.mark.parametrize("token", [TOKEN + "A", TOKEN + "=", "A" + TOKEN, TOKEN * 99, TOKEN[:-1]])
def test_a_longer_or_shorter_token_is_none(token: str) -> None:
    with pytest.raises(NoSuchLink):
        links().open(token)


def test_the_same_key_used_for_something_else_signs_no_link() -> None:
    import hashlib
    import hmac

    payload = TOKEN.partition(".")[0]
    plain = hmac.digest(KEY.encode(), payload.encode(), hashlib.sha256)
    with pytest.raises(NoSuchLink):
        links().open(f"{payload}.{base64.urlsafe_b64encode(plain).rstrip(b'=').decode()}")


# the order


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ({"verb": "delete"}, "verb is read or write"),
        ({"verb": "list"}, "verb is read or write"),
        ({"verb": ["read"]}, "verb is read or write"),
        ({"prefix": "a/"}, "give one of key and prefix"),
        ({"key": 1}, "key is a text"),
        ({"key": "../a"}, "the key has a segment that is '.' or '..'"),
        ({"seconds": 0}, "seconds is a whole number from 1 to 604800"),
        ({"seconds": True}, "seconds is a whole number from 1 to 604800"),
        ({"seconds": MAX_SECONDS + 1}, "seconds is a whole number from 1 to 604800"),
        ({"seconds": 1e9}, "seconds is a whole number from 1 to 604800"),
        ({"verb": "write", "bytes": PIECE_BYTES + 1}, "bytes is a whole number from 1 to 4194304"),
        ({"bytes": 5}, "bytes is for writing only"),
        ({"once": "yes"}, "once is true or false"),
        ({"expires": 1}, "unknown member 'expires'"),
    ],
)
def test_a_wrong_order_is_refused(order: dict[str, object], problem: str) -> None:
    with pytest.raises(BadLink) as caught:
        make(links(), **order)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(problem)


@pytest.mark.parametrize("prefix", ["", "/", "a", "../", ".lake/", "a//", 1, None])
def test_a_prefix_ends_in_a_slash(prefix: object) -> None:
    order = json.dumps({"verb": "read", "prefix": prefix}).encode()
    with pytest.raises(BadLink, match="prefix is what keys begin with"):
        links().make(order, OWNER)


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"\xff", b"{", b"[" * 100_000])
def test_an_order_is_a_json_object(body: bytes) -> None:
    with pytest.raises(BadLink, match="the body is a JSON object"):
        links().make(body, OWNER)


def test_all_problems_of_an_order_are_said_at_once() -> None:
    with pytest.raises(BadLink) as caught:
        links().make(b'{"seconds": 0, "once": 1}', OWNER)
    assert len(caught.value.problems) == 4


def test_nobody_passes_on_what_they_may_not_do() -> None:
    def of(*grants: tuple[set[str], str]) -> Grants:
        held = tuple(Grant(verbs=frozenset(verbs), below=below) for verbs, below in grants)
        return Grants(who="x", grants=held)

    make(links(), of(({"read", "share"}, "a/")))
    with pytest.raises(NotAllowed, match="not share it"):
        make(links(), of(({"read"}, "a/")))
    with pytest.raises(NotAllowed, match="not write it"):
        make(links(), of(({"read", "share"}, "a/")), verb="write")
    with pytest.raises(NoSuchDataset):
        make(links(), of(({"read", "share"}, "b/")))
    wide = json.dumps({"verb": "read", "prefix": "a/"}).encode()
    links().make(wide, of(({"read", "share"}, "a/")))
    with pytest.raises(NoSuchDataset):
        links().make(wide, of(({"read", "share"}, "a/b/")))


# used once


def test_of_many_at_once_one_uses_a_link(tmp_path: Path) -> None:
    outcomes = []

    def use() -> None:
        try:
            SpentFiles(FilesystemStore(str(tmp_path))).spend("5-x")
            outcomes.append("used")
        except LinkSpent:
            outcomes.append("spent")

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["spent"] * 7 + ["used"]
    assert (tmp_path / ".lake/s/5-x").exists()


def test_a_use_can_be_taken_back(tmp_path: Path) -> None:
    spent = SpentFiles(FilesystemStore(str(tmp_path)))
    spent.spend("5-x")
    spent.restore("5-x")
    spent.restore("5-x")
    spent.spend("5-x")


def test_the_sweep_forgets_links_that_have_ended_and_no_others(tmp_path: Path) -> None:
    spent = SpentFiles(FilesystemStore(str(tmp_path)))
    spent.sweep(NOW)
    ended = Link(id="a", by="", verb="read", below="a", expires=NOW - 1, once=True)
    living = Link(id="b", by="", verb="read", below="a", expires=NOW + 1, once=True)
    for link in (ended, living):
        spent.spend(link.grants().once)
    spent.spend("somebody-elses")
    spent.sweep(NOW)
    left = {path.name for path in (tmp_path / ".lake/s").iterdir()}
    assert left == {living.grants().once, "somebody-elses"}


# over HTTP

ON = {"DATALAKE_LINK_KEY": KEY}


@pytest.fixture
def guarded(serve: Serve) -> Any:
    """The lake on Lambda, where tokens are API Gateway's business."""
    return on_lambda(serve, **ON)


def order(http: Any, who: Mapping[str, str], wanted: Mapping[str, object]) -> tuple[int, Any]:
    event = gateway_event("POST", "/links", [], json.dumps(wanted).encode())
    event |= {"resource": "/links"}
    event["requestContext"] |= {"resourcePath": "/links", "authorizer": {"claims": dict(who)}}
    answer = http._app(event, None)
    return answer["statusCode"], json.loads(base64.b64decode(answer["body"]))


def made(http: Any, **wanted: object) -> str:
    status, document = order(http, ADMIN, wanted)
    assert status == 201
    url: str = document["url"]
    assert url.startswith("/api/l/")
    return url.removeprefix("/api")


def test_a_link_reads_its_key_and_no_other(guarded: Any, lake: Path) -> None:
    (lake / "a").mkdir()
    for name in ("b", "c"):
        (lake / "a" / name).write_text(name)
    link = made(guarded, verb="read", key="a/b")
    read = guarded.get(link)
    assert (read.status_code, read.body) == (200, b"b")
    assert guarded.head(link).headers["Dataset-Length"] == "1"
    assert guarded.get(link, headers={"Range": "bytes=0-0"}).status_code == 206
    assert code(guarded.get(link.replace("/a/b", "/a/c"))) == (404, "no-such-dataset")
    assert code(guarded.put(link, body=b"x")) == (403, "not-allowed")
    assert guarded.delete(link).status_code == 405
    assert code(guarded.get(link + "?version=1")) == (400, "bad-query")


def test_a_link_to_a_prefix_reads_below_it(guarded: Any, lake: Path) -> None:
    (lake / "ü").mkdir()
    (lake / "ü" / "b").write_text("b")
    link = made(guarded, verb="read", prefix="ü/")
    assert link.endswith("/%C3%BC/")
    assert guarded.get(link + "b").body == b"b"
    assert guarded.get(link + "..%2fb").status_code == 400


def test_a_link_writes_up_to_its_size(guarded: Any, lake: Path) -> None:
    link = made(guarded, verb="write", key="in/box", bytes=3)
    refused = guarded.put(link, body=b"1234")
    assert code(refused) == (413, "body-too-large")
    assert json.loads(refused.body)["limit"] == 3
    assert "this link takes at most 3 bytes" in json.loads(refused.body)["detail"]
    assert guarded.put(link, body=b"123").status_code == 201
    assert guarded.put(link, body=b"12").status_code == 200
    assert code(guarded.get(link)) == (404, "no-such-dataset")
    assert (lake / "in/box").read_bytes() == b"12"


def test_a_link_for_one_use_is_used_once_by_what_succeeds(guarded: Any, lake: Path) -> None:
    link = made(guarded, verb="read", key="a", once=True)
    assert guarded.put(link, body=b"x").status_code == 403
    assert not (lake / ".lake/s").exists()
    assert guarded.get(link).status_code == 404
    (lake / "a").write_text("12345")
    assert guarded.head(link).status_code == 200
    whole = guarded.get(link, headers={"Range": "bytes=0-1", "If-None-Match": "*"})
    assert (whole.status_code, whole.body) == (200, b"12345")
    assert code(guarded.get(link)) == (410, "link-spent")
    assert guarded.head(link).status_code == 410  # nor does it tell what is there later


def test_an_upload_for_one_use_overwrites_nothing_later(guarded: Any, lake: Path) -> None:
    link = made(guarded, verb="write", key="a", once=True)
    assert guarded.put(link, body=b"1", headers={"If-Match": '"x"'}).status_code == 412
    assert guarded.put(link, body=b"1").status_code == 201
    assert code(guarded.put(link, body=b"2")) == (410, "link-spent")
    assert (lake / "a").read_bytes() == b"1"


def test_what_failed_for_an_unknown_reason_stays_used(
    guarded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib import link_operations

    def fails(*_: object, **__: object) -> None:
        raise __import__("chalicelib.errors").errors.StoreBusy

    assert StoreBusy.status == 503
    link = made(guarded, verb="write", key="a", once=True)
    with monkeypatch.context() as patch:
        patch.setattr(link_operations, "on_dataset", fails)
        assert guarded.put(link, body=b"1").status_code == 503
    assert code(guarded.put(link, body=b"1")) == (410, "link-spent")


def test_a_made_up_link_learns_nothing(guarded: Any, lake: Path) -> None:
    (lake / "a").write_text("1")
    for token in ("x", "x.y", TOKEN[1:], "%00", "%ff", "..", "x" * 5000):
        for key in ("a", "none", "..%2fa"):
            assert code(guarded.get(f"/l/{token}/{key}")) == (404, "no-such-link")


def test_who_may_not_share_makes_no_link(guarded: Any) -> None:
    status, problem = order(guarded, BEN, {"verb": "read", "key": "public/a"})
    assert (status, problem["code"]) == (403, "not-allowed")
    status, problem = order(guarded, BEN, {"verb": "read", "key": "secret/a"})
    assert (status, problem["code"]) == (404, "no-such-dataset")


def test_a_lake_without_a_key_says_so(serve: Serve) -> None:
    http = serve({"DATALAKE_OPEN": "1"})
    assert code(http.post("/links", body=json.dumps(ORDER).encode())) == (403, "links-off")
    assert code(http.get(f"/l/{TOKEN}/a/b")) == (404, "no-such-link")


def test_a_short_key_does_not_start(serve: Serve) -> None:
    with pytest.raises(Exception, match="DATALAKE_LINK_KEY: a key has at least 32 characters"):
        serve({**SIGN_IN, "DATALAKE_LINK_KEY": f"{KEY} short"})


def test_neither_links_nor_their_key_are_in_the_audit(
    guarded: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    link = made(guarded, verb="read", key="a/b")
    guarded.get(link)
    said = capsys.readouterr().err
    assert '"who":"link ' in said
    assert link.split("/")[2] not in said
    assert KEY not in said
