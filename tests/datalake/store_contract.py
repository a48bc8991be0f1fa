"""What every store does, whatever it is made of.

A store's tests are one class that inherits `StoreContract` and has a fixture `store`, which
gives an empty one.
"""

from hashlib import sha256

import pytest

from datalake.chalicelib.dataset import Body, Existing, Info, Record
from datalake.chalicelib.errors import KeyConflict, NoSuchDataset, PreconditionFailed
from datalake.chalicelib.key import MAX_SEGMENTS, parse_key, parse_prefix
from datalake.chalicelib.preconditions import NONE, Preconditions
from datalake.chalicelib.store import Store

CREATE = Preconditions(if_none_match="*")
REPLACE = Preconditions(if_match="*")
ODD_KEYS = [
    "with space.csv",
    "ünï/码/🌍.csv",
    "a+b=c&d;e?f#g@h!i~j'k(l)*.txt",
    "100%.csv",
    "…",
    "...",
    "-rf",
    "x" * 255,
    "/".join(["d"] * MAX_SEGMENTS),
]


def put(store: Store, key: str, body: bytes = b"x", conditions: Preconditions = NONE) -> Info:
    return store.write(parse_key(key), body_of(body), conditions).info


def body_of(content: bytes, media_type: str = "", **metadata: str) -> Body:
    record = Record(
        media_type=media_type,
        metadata=tuple(sorted(metadata.items())),
        sha256=sha256(content).hexdigest(),
    )
    return Body(content=content, record=record)


def get(store: Store, key: str) -> bytes:
    with store.open(parse_key(key)) as dataset:
        return dataset.read(0, dataset.description.info.size)


def info_of(store: Store, key: str) -> Info:
    with store.open(parse_key(key)) as dataset:
        return dataset.description.info


def matching(etag: str) -> Preconditions:
    return Preconditions(if_match=f'"{etag}"')


def keys(store: Store, prefix: str = "", *, after: str = "", limit: int = 100) -> list[str]:
    page = store.list(parse_prefix(prefix), after=after, limit=limit)
    return [entry.key for entry in page.entries]


class StoreContract:
    # round trip

    @pytest.mark.parametrize("body", [b"", b"x", b"\x00\xff\r\n", bytes(range(256)) * 500])
    def test_gives_back_what_was_written(self, store: Store, body: bytes) -> None:
        made = put(store, "a/b", body)
        assert get(store, "a/b") == body
        assert made.size == len(body)
        assert info_of(store, "a/b") == made

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_takes_every_valid_key(self, store: Store, key: str) -> None:
        put(store, key, key.encode())
        assert get(store, key) == key.encode()
        assert keys(store) == [key]

    def test_tells_created_from_replaced(self, store: Store) -> None:
        key = parse_key("a")
        assert store.write(key, body_of(b"1"), NONE).created
        assert not store.write(key, body_of(b"2"), NONE).created
        assert get(store, "a") == b"2"

    def test_reads_any_span(self, store: Store) -> None:
        put(store, "a", b"0123456789")
        with store.open(parse_key("a")) as dataset:
            assert dataset.read(3, 4) == b"3456"
            assert dataset.read(0, 1) == b"0"
            assert dataset.read(9, 1) == b"9"

    def test_what_was_opened_stays_as_it_was(self, store: Store) -> None:
        put(store, "a", b"old")
        with store.open(parse_key("a")) as dataset:
            put(store, "a", b"newer")
            store.delete(parse_key("a"), NONE)
            assert dataset.read(0, dataset.description.info.size) == b"old"

    # etags

    def test_every_write_has_its_own_etag(self, store: Store) -> None:
        etags = [put(store, "a", b"same").etag for _ in range(50)]
        assert len(set(etags)) == 50

    def test_a_data_set_that_comes_back_has_another_etag(self, store: Store) -> None:
        etags = []
        for _ in range(20):
            etags.append(put(store, "a", b"same").etag)
            store.delete(parse_key("a"), NONE)
        assert len(set(etags)) == 20

    def test_the_etag_stays_while_nobody_writes(self, store: Store) -> None:
        put(store, "a")
        first = info_of(store, "a")
        put(store, "b")
        assert info_of(store, "a") == first

    # what is not there

    def test_a_missing_key_is_missing(self, store: Store) -> None:
        for key in ("a", "a/b"):
            with pytest.raises(NoSuchDataset):
                store.open(parse_key(key))
            with pytest.raises(NoSuchDataset):
                store.delete(parse_key(key), NONE)

    def test_a_key_below_or_above_a_data_set_is_missing(self, store: Store) -> None:
        put(store, "a/b")
        for key in ("a", "a/b/c"):
            with pytest.raises(NoSuchDataset):
                store.open(parse_key(key))
            with pytest.raises(NoSuchDataset):
                store.delete(parse_key(key), NONE)
        assert get(store, "a/b") == b"x"

    def test_a_deleted_data_set_is_gone_and_can_come_back(self, store: Store) -> None:
        put(store, "a/b", b"1")
        store.delete(parse_key("a/b"), NONE)
        with pytest.raises(NoSuchDataset):
            store.open(parse_key("a/b"))
        assert keys(store) == []
        put(store, "a/b", b"2", CREATE)
        assert get(store, "a/b") == b"2"

    # a name is a folder or a data set

    def test_a_data_set_is_no_folder(self, store: Store) -> None:
        put(store, "a", b"1")
        with pytest.raises(KeyConflict):
            put(store, "a/b/c", b"2")
        assert keys(store) == ["a"]
        assert get(store, "a") == b"1"

    def test_a_folder_is_no_data_set(self, store: Store) -> None:
        put(store, "a/b/c", b"1")
        with pytest.raises(KeyConflict):
            put(store, "a/b", b"2")
        assert keys(store) == ["a/b/c"]

    def test_a_folder_that_became_empty_is_in_nobodys_way(self, store: Store) -> None:
        put(store, "a/b/c")
        store.delete(parse_key("a/b/c"), NONE)
        put(store, "a", b"1")
        assert get(store, "a") == b"1"

    # conditions

    def test_create_only_refuses_to_replace(self, store: Store) -> None:
        put(store, "a", b"1", CREATE)
        with pytest.raises(PreconditionFailed):
            put(store, "a", b"2", CREATE)
        assert get(store, "a") == b"1"

    def test_replace_only_refuses_to_create(self, store: Store) -> None:
        with pytest.raises(PreconditionFailed):
            put(store, "a/b", b"1", REPLACE)
        assert keys(store) == []

    def test_a_stale_etag_writes_nothing(self, store: Store) -> None:
        first = put(store, "a", b"1")
        second = put(store, "a", b"2", matching(first.etag))
        with pytest.raises(PreconditionFailed) as refused:
            put(store, "a", b"3", matching(first.etag))
        assert refused.value.etag == second.etag
        assert get(store, "a") == b"2"

    def test_a_stale_etag_deletes_nothing(self, store: Store) -> None:
        first = put(store, "a", b"1")
        second = put(store, "a", b"2")
        with pytest.raises(PreconditionFailed):
            store.delete(parse_key("a"), matching(first.etag))
        store.delete(parse_key("a"), matching(second.etag))
        assert keys(store) == []

    # listing

    def test_lists_in_the_order_of_the_keys(self, store: Store) -> None:
        given = ["a/b", "a.txt", "a-b", "ab", "a/a/z", "B", "a/a.z", "ä", "a0"]
        for key in given:
            put(store, key)
        assert keys(store) == sorted(given)

    def test_lists_sizes_and_etags(self, store: Store) -> None:
        made = put(store, "a/b", b"123")
        page = store.list(parse_prefix(""), after="", limit=10)
        assert [(entry.key, entry.info) for entry in page.entries] == [("a/b", made)]
        assert not page.more

    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            ("", ["a/b/1", "a/b/2", "a/bc", "ab"]),
            ("a", ["a/b/1", "a/b/2", "a/bc", "ab"]),
            ("a/", ["a/b/1", "a/b/2", "a/bc"]),
            ("a/b", ["a/b/1", "a/b/2", "a/bc"]),
            ("a/b/", ["a/b/1", "a/b/2"]),
            ("a/b/2", ["a/b/2"]),
            ("a/b/3", []),
            ("none/such/", []),
            ("ab/", []),
            ("ab/x", []),
        ],
    )
    def test_lists_below_a_prefix(self, store: Store, prefix: str, expected: list[str]) -> None:
        for key in ("a/b/1", "a/b/2", "a/bc", "ab"):
            put(store, key)
        assert keys(store, prefix) == expected

    @pytest.mark.parametrize("limit", [1, 2, 3, 9, 10, 11])
    def test_pages_hold_everything_once(self, store: Store, limit: int) -> None:
        given = sorted(["a", "ab", "ab0", "b/1", "b/12", "b/c/1", "b.x", "c/1", "d", "e/f/g/h"])
        for key in given:
            put(store, key)
        found: list[str] = []
        while True:
            page = store.list(parse_prefix(""), after=found[-1] if found else "", limit=limit)
            found += [entry.key for entry in page.entries]
            assert len(page.entries) <= limit
            assert len(found) <= len(given)
            if not page.more:
                break
        assert found == given

    def test_pages_are_stable_while_others_write(self, store: Store) -> None:
        for number in range(10):
            put(store, f"k{number}")
        first = keys(store, limit=4)
        for key in first:
            store.delete(parse_key(key), NONE)
        put(store, "k35")
        put(store, "a")
        assert first == ["k0", "k1", "k2", "k3"]
        assert keys(store, after="k3") == ["k35", "k4", "k5", "k6", "k7", "k8", "k9"]

    def test_lists_by_folders(self, store: Store) -> None:
        for key in ("a", "b/1", "b/2", "b.x", "c/d/1", "c/e", "d"):
            put(store, key)
        page = store.list(parse_prefix(""), after="", limit=10, folders=True)
        assert [entry.key for entry in page.entries] == ["a", "b.x", "d"]
        assert page.folders == ("b/", "c/")
        below = store.list(parse_prefix("c/"), after="", limit=10, folders=True)
        assert [entry.key for entry in below.entries] == ["c/e"]
        assert below.folders == ("c/d/",)

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
    def test_pages_by_folders_hold_everything_once(self, store: Store, limit: int) -> None:
        for key in ("a", "b/1", "b/2", "b.x", "c/d/1", "c/e", "d"):
            put(store, key)
        found: list[str] = []
        more = True
        while more:
            after = found[-1] if found else ""
            page = store.list(parse_prefix(""), after=after, limit=limit, folders=True)
            texts = sorted([*(entry.key for entry in page.entries), *page.folders])
            assert len(texts) <= limit
            assert page.last == (texts[-1] if texts else "")
            found += texts
            more = page.more
        assert found == ["a", "b.x", "b/", "c/", "d"]

    # records

    def test_keeps_what_the_writer_said(self, store: Store) -> None:
        body = body_of(b"a,b", "text/csv; header=present", owner="7d1c", note="x y")
        info = store.write(parse_key("a"), body, NONE).info
        known = store.describe(parse_key("a"))
        assert (known.info, known.record) == (info, body.record)
        with store.open(parse_key("a")) as dataset:
            assert dataset.description == known

    def test_an_open_data_set_keeps_its_own_record(self, store: Store) -> None:
        store.write(parse_key("a"), body_of(b"1", "text/csv"), NONE)
        with store.open(parse_key("a")) as dataset:
            store.write(parse_key("a"), body_of(b"2", "text/html"), NONE)
            assert dataset.description.record.media_type == "text/csv"
        assert store.describe(parse_key("a")).record.media_type == "text/html"

    def test_describing_what_is_missing(self, store: Store) -> None:
        put(store, "a/b")
        for key in ("a", "b", "a/b/c"):
            with pytest.raises(NoSuchDataset):
                store.describe(parse_key(key))

    # versions

    def test_every_content_is_kept_as_a_version(self, store: Store) -> None:
        key = parse_key("a/b")
        infos = [put(store, "a/b", body) for body in (b"1", b"22", b"333")]
        kept = store.versions(key)
        assert [version.info for version in kept] == infos[::-1]
        assert [version.is_current for version in kept] == [True, False, False]
        for info, body in zip(infos, (b"1", b"22", b"333"), strict=True):
            with store.open(key, info.etag) as dataset:
                assert dataset.read(0, info.size) == body
                assert dataset.description.info == info
            assert store.describe(key, info.etag).record.sha256 == sha256(body).hexdigest()

    def test_a_deleted_data_set_keeps_its_versions(self, store: Store) -> None:
        info = put(store, "a", b"1")
        store.delete(parse_key("a"), NONE)
        [version] = store.versions(parse_key("a"))
        assert (version.info, version.is_current) == (info, False)
        with store.open(parse_key("a"), info.etag) as dataset:
            assert dataset.read(0, 1) == b"1"

    @pytest.mark.parametrize("version", ["ffff-1", "none", "../../a", "1/2", "é"])
    def test_a_version_that_is_not_kept_is_missing(self, store: Store, version: str) -> None:
        put(store, "a")
        with pytest.raises(NoSuchDataset):
            store.open(parse_key("a"), version)
        with pytest.raises(NoSuchDataset):
            store.describe(parse_key("a"), version)
        with pytest.raises(NoSuchDataset):
            store.write(parse_key("a"), Existing(key=parse_key("a"), version=version), NONE)

    def test_a_key_that_never_was_has_no_versions(self, store: Store) -> None:
        put(store, "a")
        assert store.versions(parse_key("b")) == ()
        assert store.versions(parse_key("a/b")) == ()

    def test_a_refused_write_leaves_no_version(self, store: Store) -> None:
        info = put(store, "a", b"1")
        with pytest.raises(PreconditionFailed):
            put(store, "a", b"2", CREATE)
        with pytest.raises(KeyConflict):
            put(store, "a/b", b"3")
        assert [version.info for version in store.versions(parse_key("a"))] == [info]
        assert store.versions(parse_key("a/b")) == ()

    def test_a_deleted_data_set_comes_back_from_its_version(self, store: Store) -> None:
        key, body = parse_key("a/b"), body_of(b"1", "text/csv", owner="me")
        info = store.write(key, body, NONE).info
        store.delete(key, NONE)
        written = store.write(key, Existing(key=key, version=info.etag), CREATE)
        assert written.created
        assert get(store, "a/b") == b"1"
        assert store.describe(key).record == body.record
        assert keys(store) == ["a/b"]

    def test_a_version_replaces_what_is_there_if_the_condition_holds(self, store: Store) -> None:
        key, old = parse_key("a"), put(store, "a", b"old")
        new = put(store, "a", b"new")
        with pytest.raises(PreconditionFailed):
            store.write(key, Existing(key=key, version=old.etag), CREATE)
        assert get(store, "a") == b"new"
        written = store.write(key, Existing(key=key, version=old.etag), matching(new.etag))
        assert not written.created
        assert get(store, "a") == b"old"

    # copies and moves

    def test_a_copy_has_content_and_record(self, store: Store) -> None:
        body = body_of(bytes(range(256)) * 9000, "text/csv", owner="me")
        store.write(parse_key("a"), body, NONE)
        assert store.write(parse_key("b/c"), Existing(key=parse_key("a")), CREATE).created
        assert get(store, "b/c") == get(store, "a") == body.content
        assert store.describe(parse_key("b/c")).record == body.record
        put(store, "a", b"2")
        assert get(store, "b/c") == body.content

    def test_a_move_leaves_nothing_behind(self, store: Store) -> None:
        body = body_of(b"1", "text/csv", owner="me")
        store.write(parse_key("a/b"), body, NONE)
        put(store, "c", b"replaced")
        written = store.write(parse_key("c"), Existing(key=parse_key("a/b"), move=True), NONE)
        assert not written.created
        assert keys(store) == ["c"]
        assert get(store, "c") == b"1"
        assert store.describe(parse_key("c")).record == body.record
        assert sum(v.is_current for v in store.versions(parse_key("c"))) == 1
        assert [v.is_current for v in store.versions(parse_key("a/b"))] == [False]

    def test_a_data_set_moves_there_and_back(self, store: Store) -> None:
        a, b = parse_key("a"), parse_key("b")
        put(store, "a", b"1")
        for _ in range(3):
            store.write(b, Existing(key=a, move=True), CREATE)
            assert keys(store) == ["b"]
            store.write(a, Existing(key=b, move=True), CREATE)
            assert keys(store) == ["a"]
        assert get(store, "a") == b"1"

    def test_a_refused_move_or_copy_changes_nothing(self, store: Store) -> None:
        put(store, "a", b"1")
        put(store, "b", b"2")
        for move in (False, True):
            with pytest.raises(PreconditionFailed):
                store.write(parse_key("b"), Existing(key=parse_key("a"), move=move), CREATE)
            with pytest.raises(NoSuchDataset):
                store.write(parse_key("b"), Existing(key=parse_key("c"), move=move), NONE)
            with pytest.raises(KeyConflict):
                store.write(parse_key("a/b"), Existing(key=parse_key("b"), move=move), NONE)
        with pytest.raises(KeyConflict):
            store.write(parse_key("a"), Existing(key=parse_key("a"), move=True), NONE)
        assert [(key, get(store, key)) for key in keys(store)] == [("a", b"1"), ("b", b"2")]
        assert len(store.versions(parse_key("b"))) == 1
