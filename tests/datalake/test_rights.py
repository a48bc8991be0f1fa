"""Who may what: the rules, their file, and what a listing shows."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datalake.chalicelib import identity, visible
from datalake.chalicelib.dataset import Body, Page, Record
from datalake.chalicelib.errors import BadKey, BadRights, NoSuchDataset, NotAllowed
from datalake.chalicelib.key import parse_key, parse_prefix
from datalake.chalicelib.listing import Listing
from datalake.chalicelib.preconditions import NONE
from datalake.chalicelib.request import Request
from datalake.chalicelib.rights import VERBS, Caller, Grant, Grants, Rights
from datalake.chalicelib.rights_file import load_rights, read_rights
from datalake.chalicelib.stores.memory import MemoryStore

SHIPPED = Path(__file__).resolve().parents[2] / "datalake" / "chalicelib" / "rights.yml"
EMPTY = Body(content=b"", record=Record())
SUB = "87876f1b-6b9c-496d-89e6-ba03cfba606a"


def rights(*lines: str) -> Rights:
    return read_rights("rights:\n" + "".join(f"  - {line}\n" for line in lines), file="r.yml")


def caller(subject: str = SUB, **claims: str | list[str]) -> Caller:
    """Read a caller as `identity` does; `__` in a claim's name stands for a colon."""
    named = {name.replace("__", ":"): value for name, value in claims.items()}
    return caller_of({"sub": subject, "token_use": "id"} | named)


def caller_of(claims: Mapping[str, object]) -> Caller:
    found: list[Caller] = []

    class Spy(Rights):
        def of(self, caller: Caller) -> Grants:
            found.append(caller)
            return Grants(who="", grants=())

    admit = identity.admit(identity.from_token(lambda _: claims), lambda: Spy(rules=()))
    admit(Request(method="GET", fields={}, claims={}, segments=(), source=None, event={}))
    return found[0]


def allowed(rules: Rights, who: Caller, key: str) -> set[str]:
    grants = rules.of(who)
    return {verb for verb in VERBS if grants.may(verb, parse_key(key))}


# one rule


def test_what_no_rule_allows_is_denied() -> None:
    assert allowed(rights("user * read a/"), caller(), "b") == set()
    assert allowed(rights("user * read a/"), caller(), "a") == set()
    assert allowed(Rights(rules=()), caller(), "a/b") == set()


@pytest.mark.parametrize(
    ("rule", "verbs"),
    [
        ("user * read a/", {"read"}),
        ("user * list,read,write a/", {"list", "read", "write"}),
        ("user * all a/", set(VERBS)),
        ("user * delete,share /", {"delete", "share"}),
    ],
)
def test_a_rule_allows_its_verbs_below_its_prefix(rule: str, verbs: set[str]) -> None:
    assert allowed(rights(rule), caller(), "a/b/c") == verbs


def test_rules_add_up() -> None:
    rules = rights("user * read a/", "user * write a/b/")
    assert allowed(rules, caller(), "a/b/c") == {"read", "write"}
    assert allowed(rules, caller(), "a/c") == {"read"}


@pytest.mark.parametrize("groups", [["x", "staff"], "x,staff", "staff", ["staff"]])
def test_a_group_comes_as_a_list_or_as_a_text_with_commas(groups: str | list[str]) -> None:
    rules = rights("group staff read a/")
    assert allowed(rules, caller(cognito__groups=groups), "a/b") == {"read"}


@pytest.mark.parametrize("groups", [[], "", "staffs", "Staff", ["sta", "ff"], "staff x"])
def test_another_group_is_another_group(groups: str | list[str]) -> None:
    rules = rights("group staff read a/")
    assert allowed(rules, caller(cognito__groups=groups), "a/b") == set()


def test_a_user_is_named_by_the_sub_or_by_the_user_name() -> None:
    assert allowed(rights(f"user {SUB} read a/"), caller(), "a/b") == {"read"}
    ana = caller(cognito__username="ana")
    assert allowed(rights("user ana read a/"), ana, "a/b") == {"read"}
    assert allowed(rights("user ben read a/"), ana, "a/b") == set()


def test_who_takes_anothers_sub_for_a_user_name_gets_nothing() -> None:
    thief = caller("0" * 8 + SUB[8:], cognito__username=SUB)
    assert allowed(rights(f"user {SUB} read a/"), thief, "a/b") == set()


def test_a_user_called_star_is_not_everybodys_twin() -> None:
    assert allowed(rights("user ana read a/"), caller(cognito__username="*"), "a/b") == set()


def test_scopes_stand_between_spaces() -> None:
    rules = rights("scope lake/read read a/")
    assert allowed(rules, caller(scope="openid lake/read"), "a/b") == {"read"}
    assert allowed(rules, caller(scope="lake/readonly"), "a/b") == set()


# templates


def test_a_claim_makes_the_prefix_ones_own() -> None:
    rules = rights("user * all home/{sub}/")
    assert allowed(rules, caller(), f"home/{SUB}/a") == set(VERBS)
    assert allowed(rules, caller(), f"home/{SUB}x/a") == set()
    assert allowed(rules, caller(), "home/other/a") == set()


def test_a_claim_with_several_values_makes_a_prefix_of_each() -> None:
    rules = rights("user * read teams/{cognito:groups}/")
    member = caller(cognito__groups="red,blue")
    assert allowed(rules, member, "teams/red/a") == {"read"}
    assert allowed(rules, member, "teams/blue/a") == {"read"}
    assert allowed(rules, member, "teams/green/a") == set()


@pytest.mark.parametrize(
    "value", ["", "..", ".", "a/b", "/", "../x", "a\\b", "\u2024\u2024", "x\0", "ü", "{sub}"]
)
def test_a_claim_that_is_no_one_segment_grants_nothing_else(value: str) -> None:
    grants = rights("user * read t/{custom:team}/").of(caller(custom__team=value))
    assert {grant.below for grant in grants.grants} <= {f"t/{value}/"}
    assert value.count("/") == 0 or grants.grants == ()


def test_a_template_never_reaches_the_lakes_own_folder() -> None:
    assert rights("user * read {custom:x}/").of(caller(custom__x=".lake")).grants == ()


def test_a_claim_that_is_missing_grants_nothing() -> None:
    assert rights("user * read {custom:team}/").of(caller()).grants == ()


@pytest.mark.parametrize(
    ("verified", "verbs"), [("true", {"read"}), (True, {"read"}), ("false", set()), (None, set())]
)
def test_an_address_counts_once_the_provider_verified_it(verified: object, verbs: set[str]) -> None:
    claims = {"sub": SUB, "token_use": "id", "email": "a@example.com", "email_verified": verified}
    assert (
        allowed(rights("user * read m/{email}/"), caller_of(claims), "m/a@example.com/x") == verbs
    )


SEGMENTS = st.text(alphabet="ab/.é\0%{}", max_size=6)


@given(SEGMENTS, st.text(alphabet="ab/", min_size=1, max_size=12))
def test_no_claim_and_no_key_get_out_of_ones_own_folder(value: str, text: str) -> None:
    try:
        key = parse_key(text)
    except BadKey:
        return
    if allowed(rights("user * read a/{custom:x}/"), caller(custom__x=value), text):
        assert key.segments[:2] == ("a", value)
        assert len(key.segments) > 2


# refusals


def test_what_one_may_not_see_answers_like_what_is_not_there() -> None:
    grants = rights("user * write,delete a/", "user * read b/").of(caller())
    grants.require("write", parse_key("a/x"))
    with pytest.raises(NoSuchDataset):
        grants.require("read", parse_key("a/x"))
    with pytest.raises(NoSuchDataset):
        grants.require("write", parse_key("c"))
    with pytest.raises(NotAllowed, match="not write it"):
        grants.require("write", parse_key("b/x"))


def test_a_grant_of_one_key_covers_no_neighbour() -> None:
    grant = Grant(verbs=frozenset({"read"}), below="a/b")
    assert grant.covers("read", parse_key("a/b"))
    assert not grant.covers("read", parse_key("a/b/c"))
    assert not grant.covers("read", parse_key("a/bc"))


# listings

KEYS = ("a.txt", "a/1", "a/b/1", "a/b/2", "a/c/1", "b/1", "b/c/1", "c/a/1", "d")
FOLDERS = ("", "a/", "a/b/", "a/c/", "b/", "b/c/", "c/a/", "none/")


def line_of(key: str, prefix: str, *, by_folder: bool) -> str:
    folder, slash, _ = key[len(prefix) :].partition("/")
    return prefix + folder + slash if by_folder and slash else key


@given(
    folders=st.sets(st.sampled_from(FOLDERS), min_size=1, max_size=5),
    prefix=st.sampled_from(["", "", "a", "a/", "a/b", "b/", "c/"]),
    limit=st.integers(1, 4),
    by_folder=st.booleans(),
)
@example(folders={"a/b/", "b/"}, prefix="", limit=1, by_folder=True)
@example(folders={"", "a/", "a/b/"}, prefix="", limit=4, by_folder=False)
def test_pages_hold_what_may_be_listed_exactly_once_and_nothing_else(
    folders: set[str], prefix: str, limit: int, by_folder: bool
) -> None:
    store = MemoryStore()
    for key in KEYS:
        store.write(parse_key(key), EMPTY, NONE)
    grants = Grants(
        who="",
        grants=tuple(Grant(verbs=frozenset({"list"}), below=folder) for folder in folders),
    )
    pages, after = [], ""
    while True:
        wanted = Listing(prefix=parse_prefix(prefix), after=after, limit=limit, folders=by_folder)
        page = visible.page(store, wanted, grants)
        pages.append(sorted([entry.key for entry in page.entries] + [*page.folders]))
        if not page.more:
            break
        assert page.last > after
        after = page.last
    allowed = [key for key in KEYS if key.startswith(prefix) and grants.may("list", parse_key(key))]
    lines = sorted({line_of(key, prefix, by_folder=by_folder) for key in allowed})
    assert [line for page in pages for line in page] == lines
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1] or len(pages) == 1


def test_a_neighbour_does_not_even_make_a_next_page() -> None:
    store = MemoryStore()
    for key in ("a/1", "b/1"):
        store.write(parse_key(key), EMPTY, NONE)
    grants = rights("user * list a/").of(caller())
    wanted = Listing(prefix=parse_prefix(""), after="", limit=1, folders=False)
    page = visible.page(store, wanted, grants)
    assert ([entry.key for entry in page.entries], page.more) == (["a/1"], False)
    assert visible.page(store, wanted, rights("user * read /").of(caller())) == Page(
        entries=(), more=False
    )


# the file


def test_the_file_that_ships() -> None:
    rules = load_rights(str(SHIPPED))
    assert allowed(rules, caller(), f"home/{SUB}/a") == set(VERBS)
    assert allowed(rules, caller(), "home/other/a") == set()
    assert allowed(rules, caller(), "public/a") == {"list", "read"}
    assert allowed(rules, caller(), "sales/a") == set()
    assert allowed(rules, caller(cognito__groups="lake-admins"), "sales/a") == set(VERBS)


def test_all_problems_are_said_at_once_with_their_lines() -> None:
    text = """rights:
  - user * read
  - person ana read a/
  - group * read a/
  - user * reed,write a/
  - user * read a
  - user * read {nickname}/
  - user * read {}/
  - user * read a//b/
  - user * read .lake/
  - {user: ana}
  - user * read {sub/
"""
    with pytest.raises(BadRights) as caught:
        read_rights(text, file="r.yml")
    assert caught.value.problems == (
        "r.yml:2: 'user * read' is not WHO NAME VERBS PREFIX,"
        " as in: user * list,read,write home/{sub}/",
        "r.yml:3: 'person' is none of group, user, scope",
        "r.yml:4: 'group *': everybody who is signed in is 'user *'",
        "r.yml:5: 'reed' is none of list, read, write, delete, share"
        " (joined by commas, without spaces) nor all",
        "r.yml:6: 'a' must end in a slash, or it would name its neighbours too",
        "r.yml:7: {nickname}: people may change that claim themselves",
        "r.yml:8: {}: name a claim between the braces",
        "r.yml:9: 'a//b/' is no prefix that a key can have; / is the whole lake",
        "r.yml:10: '.lake/' is no prefix that a key can have; / is the whole lake",
        "r.yml:11: a rule is one text: WHO NAME VERBS PREFIX,"
        " as in: user * list,read,write home/{sub}/",
        "r.yml:12: '{sub/' is no prefix that a key can have; / is the whole lake",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "r.yml:1: the file is `rights:` with a list below it"),
        ("rules: []", "r.yml:1: the file is `rights:` with a list below it"),
        ("- user * read a/", "r.yml:1: the file is `rights:` with a list below it"),
        ("rights: user * read a/", "r.yml:1: rights: must be a list, one rule a line"),
        ("rights: [", "r.yml:1: not YAML: "),
        ("a: \x00", "r.yml:1: not YAML: "),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, problem: str) -> None:
    with pytest.raises(BadRights) as caught:
        read_rights(text, file="r.yml")
    assert caught.value.problems[0].startswith(problem)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRights, match="cannot be read: No such file"):
        load_rights(str(tmp_path / "none.yml"))


def test_an_empty_list_is_a_lake_that_nobody_may_use() -> None:
    assert read_rights("rights: []", file="r.yml") == Rights(rules=())
