"""The page behind a message's link: who opens it sees, who presses the button takes it on."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.test import Client, HTTPResponse
from hypothesis import given
from hypothesis import strategies as st

from localcloud.emulator import Emulator
from notifier.chalicelib.desk import Desk
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.event import OK, Accepted
from notifier.chalicelib.items import found_in
from notifier.chalicelib.languages import words_of
from notifier.chalicelib.memory import Notice, Settled
from notifier.chalicelib.page import ATTEMPTS, LIFE, Page, Pages, is_page_id
from notifier.chalicelib.page_html import page_html, said_html
from notifier.chalicelib.rules import Escalation
from notifier.chalicelib.settings import settings_in
from notifier.chalicelib.sns import Sns
from notifier.chalicelib.table import Table
from notifier.chalicelib.watch import follow_up, tell_what_waited
from tests.notifier.clients import client
from tests.notifier.fakes import ANA, NOON, RULES, RUN, run, secret_of

ID = "0aZ3456789"
PAGE = Page(
    id=ID,
    person="ana",
    text="CI broke: trivet-examples/tide-table main",
    title="<b>Round</b> the tide",
    why="is named by 'author'",
    url="https://forge.example/runs/1?a=1&b=2",
    language="en",
    about="k",
    told_at=NOON.isoformat(),
)
NAME = settings_in({}).table


@pytest.fixture
def table(cloud: Emulator) -> Table:
    """The table with one page in it, made now."""
    table = Table(NAME, lambda: client("dynamodb"))
    told(table, datetime.now(UTC))
    return table


def told(table: Table, now: datetime) -> None:
    key = {"id": {"S": "k"}}
    client("dynamodb").put_item(TableName=NAME, Item={**key, "outbox": {"M": {"e.0": {"M": {}}}}})
    notice = Notice(entry="e.0", recipient="ana", address=ANA.phone, text="x", page=PAGE)
    table.settle(Settled(key="k", notice=notice, desk=Desk(person="ana"), at=now))


@pytest.fixture
def http(
    app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, table: Table
) -> Iterator[Client]:
    monkeypatch.setenv("NOTIFIER_GITHUB_SECRET", secret_of("github"))
    with Client(app_of("notifier")) as chalice:
        yield chalice.http


def post(http: Any, page: str = ID) -> HTTPResponse:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return http.post(f"/m/{page}", headers=form, body=b"")


def test_who_opens_the_page_sees_what_happened_and_why(http: Any) -> None:
    answer = http.get(f"/m/{ID}")
    body = answer.body.decode()
    assert answer.status_code == 200
    assert "<h1>CI broke: trivet-examples/tide-table main</h1>" in body
    assert "<p>&lt;b&gt;Round&lt;/b&gt; the tide</p><p>2026-11-22 12:00 UTC</p>" in body
    assert "Why you: is named by &#x27;author&#x27;" in body
    assert 'href="https://forge.example/runs/1?a=1&amp;b=2"' in body
    assert '<form method="post"><button>I take care of it</button></form>' in body


def test_the_page_is_kept_by_nobody_and_runs_no_script(http: Any) -> None:
    headers = {name.lower(): value for name, value in http.get(f"/m/{ID}").headers.items()}
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["content-type"] == "text/html; charset=utf-8"


def test_opening_acknowledges_nothing_and_the_button_does(http: Any) -> None:
    for _ in range(3):
        assert "<button>" in http.get(f"/m/{ID}").body.decode()
    assert re.search("Somebody takes care of it since 20.* UTC<", post(http).body.decode())
    assert "<button>" not in http.get(f"/m/{ID}").body.decode()


def test_the_first_who_takes_it_on_counts(http: Any) -> None:
    first = post(http).body
    assert post(http).body == first


@pytest.mark.parametrize("page", ["0aZ3456780", "x", "0aZ3456789x", "%2e%2e", "0aZ345678%00"])
def test_another_id_is_404_and_leaves_no_trace(http: Any, page: str) -> None:
    assert http.get(f"/m/{page}").status_code == 404
    assert post(http, page).status_code == 404
    kept = client("dynamodb").scan(TableName=NAME)["Items"]
    assert [it["id"]["S"] for it in kept if it["id"]["S"].startswith("page#")] == [f"page#{ID}"]


def test_a_page_is_gone_after_a_week(table: Table) -> None:
    now = datetime.now(UTC)
    assert table.look(ID, now + LIFE - timedelta(minutes=1)) == PAGE
    assert table.look(ID, now + LIFE + timedelta(minutes=1)) is None
    assert table.acknowledge(ID, now + LIFE + timedelta(minutes=1)) is None


def test_a_page_is_shown_a_limited_number_of_times(table: Table) -> None:
    now = datetime.now(UTC)
    looks = [table.look(ID, now) for _ in range(ATTEMPTS + 1)]
    assert looks == [PAGE] * ATTEMPTS + [None]


def test_the_log_says_who_took_it_on_and_never_the_id(
    http: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    post(http)
    (line,) = capsys.readouterr().err.splitlines()
    assert (json.loads(line)["result"], json.loads(line)["told"]) == ("acknowledged", ["ana"])
    assert ID not in line


def test_a_table_that_does_not_answer_is_503(http: Any, cloud: Emulator) -> None:
    cloud.reset()
    answer = http.get(f"/m/{ID}")
    assert (answer.status_code, "Try again in a moment" in answer.body.decode()) == (503, True)


def test_what_was_taken_on_but_not_for_all_says_so_and_can_be_done_again(
    app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, table: Table
) -> None:
    monkeypatch.setenv("NOTIFIER_GITHUB_SECRET", secret_of("github"))
    with Client(app_of("notifier")) as chalice:
        from chalicelib.errors import AwsFailed  # the app's own
        from chalicelib.table import Table as AppsTable

        def fail(*_: object) -> None:
            raise AwsFailed("table", code="Throttled")

        with monkeypatch.context() as patch:
            patch.setattr(AppsTable, "take", fail)
            answer = post(chalice.http)
        assert (answer.status_code, "<button>" in answer.body.decode()) == (503, False)
        assert post(chalice.http).status_code == 200


HOSTILE = st.text(st.sampled_from("<>&\"'=/a\u202e\n"), max_size=40)


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_text_becomes_markup(text: str, title: str, why: str, url: str) -> None:
    page = replace(PAGE, text=text, title=title, why=why, url=f"https://{url}")
    plain = replace(page, text="x", title="x" if title else "", why="x", url="https://x")
    for words in (words_of("en"), words_of("de")):
        html = page_html(page, words)
        assert [html.count(sign) for sign in '<">'] == [
            page_html(plain, words).count(sign) for sign in '<">'
        ]


def test_a_link_that_is_no_web_address_is_not_shown() -> None:
    assert "javascript" not in page_html(replace(PAGE, url="javascript:alert(1)"), words_of("en"))


def test_a_page_speaks_the_language_of_who_was_told() -> None:
    german = words_of("de")
    assert "Ich kümmere mich darum" in page_html(PAGE, german)
    assert 'lang="de"' in said_html(german.gone, german)


@given(st.text(max_size=12))
def test_only_ten_letters_and_digits_are_an_id(text: str) -> None:
    assert is_page_id(text) == bool(re.fullmatch(r"[0-9A-Za-z]{10}", text))


def test_with_a_public_address_the_message_leads_to_its_page(cloud: Emulator) -> None:
    table = Table(NAME, lambda: client("dynamodb"))
    plan = Escalation(after=timedelta(minutes=15), to=("ben",))
    rules = replace(RULES, rules=(replace(RULES.rules[0], tell=("ana",), escalate=plan),))
    sns = Sns(lambda: client("sns"))
    dispatch(
        Accepted(id="e-1", event=RUN),
        rules=rules,
        ledger=table,
        send=sns.send,
        now=NOON,
        pages=Pages(base="https://n.example", new_id=lambda: ID),
    )
    (sms,) = cloud.sms_messages()
    assert sms["Message"].endswith(f" https://n.example/m/{ID}")
    page = table.look(ID, NOON)
    assert page is not None
    assert (page.person, page.url, page.why) == ("ana", RUN.url, "is named by 'ana'")
    later = NOON + timedelta(minutes=15)
    follow_up(rules, desks=table, now=later)
    follow_up(rules, desks=table, now=later)
    told = tell_what_waited(rules, desks=table, send=sns.send, now=later, new_id=lambda: "l1")
    assert [(it.recipient, "no answer from Ana" in it.text) for it in told] == [("ben", True)]
    item = client("dynamodb").get_item(TableName=NAME, Key={"id": {"S": RUN.key}})["Item"]
    assert found_in(item, "e-1").owed == ()


def test_one_of_several_who_were_told_takes_it_on_for_all(
    app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, cloud: Emulator
) -> None:
    table, ids = Table(NAME, lambda: client("dynamodb")), iter(["0aZ3456780", "0aZ3456781"])
    plan = Escalation(after=timedelta(minutes=15), to=("ben",))
    rules = replace(RULES, rules=(replace(RULES.rules[0], tell=("ana", "ben"), escalate=plan),))
    now = datetime.now(UTC) - timedelta(minutes=1)
    pages = Pages(base="https://n.example", new_id=lambda: next(ids))
    sns = Sns(lambda: client("sns"))
    dispatch(
        Accepted(id="e-1", event=RUN),
        rules=rules,
        ledger=table,
        send=sns.send,
        now=now,
        pages=pages,
    )
    monkeypatch.setenv("NOTIFIER_GITHUB_SECRET", secret_of("github"))
    with Client(app_of("notifier")) as chalice:
        assert post(chalice.http, "0aZ3456781").status_code == 200
        page = chalice.http.get("/m/0aZ3456780").body.decode()
    assert ("<button>" in page, "Somebody takes care of it since" in page) == (False, True)
    follow_up(rules, desks=table, now=now + timedelta(minutes=15))
    known = table.desks(("ana", "ben"), now)
    assert [(desk.open, desk.held) for desk in known.desks] == [((), ())] * 2


def _take(table: Table, now: datetime) -> None:
    """Press the button of the first page."""
    page = table.acknowledge(ID, now) or table.look(ID, now)
    assert page is not None
    table.take(page)


def test_who_took_on_an_earlier_failure_has_not_taken_on_this_one(cloud: Emulator) -> None:
    table, ids = Table(NAME, lambda: client("dynamodb")), iter([ID, "0aZ3456780", "0aZ3456781"])
    plan = Escalation(after=timedelta(minutes=15), to=("ben",))
    rules = replace(RULES, rules=(replace(RULES.rules[0], tell=("ana",), escalate=plan),))
    pages = Pages(base="https://n.example", new_id=lambda: next(ids))
    send = Sns(lambda: client("sns")).send
    for number, event in enumerate((run(1), run(2, OK), run(3))):
        at = NOON + timedelta(hours=number)
        accepted = Accepted(id=f"e-{number}", event=event)
        dispatch(accepted, rules=rules, ledger=table, send=send, now=at, pages=pages)
        if number == 0:
            _take(table, at)
    _take(table, NOON + timedelta(hours=2, minutes=1))  # the page of the first failure again
    follow_up(rules, desks=table, now=NOON + timedelta(hours=2, minutes=15))
    (ben,) = (desk for desk in table.desks(("ben",), NOON).desks if desk.held)
    assert ben.held[0].label == "tide-table CI"


def test_who_took_it_on_in_time_is_not_followed_by_another(cloud: Emulator) -> None:
    table = Table(NAME, lambda: client("dynamodb"))
    plan = Escalation(after=timedelta(minutes=15), to=("ben",))
    rules = replace(RULES, rules=(replace(RULES.rules[0], tell=("ana",), escalate=plan),))
    dispatch(
        Accepted(id="e-1", event=RUN),
        rules=rules,
        ledger=table,
        send=Sns(lambda: client("sns")).send,
        now=NOON,
        pages=Pages(base="https://n.example", new_id=lambda: ID),
    )
    assert table.acknowledge(ID, NOON + timedelta(minutes=1)) is not None
    follow_up(rules, desks=table, now=NOON + timedelta(minutes=15))
    known = table.desks(("ana", "ben"), NOON)
    assert [(desk.person, desk.open, desk.held) for desk in known.desks] == [("ana", (), ())]
