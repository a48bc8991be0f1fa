"""What the notifier's tests share: people, rules, events, and collaborators that behave."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from notifier.chalicelib.books import LEASE, still_open
from notifier.chalicelib.desk import Desk, Held, Known, Open, Step
from notifier.chalicelib.errors import Unreachable
from notifier.chalicelib.event import FAILED, PIPELINE, PUSH, Author, Event
from notifier.chalicelib.items import claiming, found_in, noting
from notifier.chalicelib.memory import Claim, Found, Memory, Notice, Settled
from notifier.chalicelib.page import Page
from notifier.chalicelib.page_items import page_as, page_key
from notifier.chalicelib.rules import Group, Person, Rule, Rules, Topic

SAMPLES = Path(__file__).parent / "samples"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

ANA = Person(
    key="ana",
    name="Ana Example",
    phone="+12025550123",
    email="ana@example.com",
    logins=(("github", "ana-example"),),
)
BEN = Person(key="ben", name="Ben Example", phone="+447700900187")

BROKEN_MAIN = Rule(
    name="main is broken", kinds=(PIPELINE,), branches=("main",), tell=("author", "on-call")
)
COMMITS_ON_MAIN = Rule(name="commits on main", kinds=(PUSH,), branches=("main",), tell=("ana",))
RULES = Rules(
    people=(ANA, BEN),
    groups=(Group(key="on-call", members=("ben",)),),
    rules=(BROKEN_MAIN, COMMITS_ON_MAIN),
)

BUILDS = Topic(key="builds", arn="arn:aws:sns:eu-central-1:000000000000:builds")

RUN = Event(
    forge="github",
    name="workflow_run",
    kind=PIPELINE,
    key="pipeline#github#github.com#7#12#main",
    repository="trivet-examples/tide-table",
    branch="main",
    hook="5",
    delivery="d-1",
    author=Author(name="Ana Example", email="ana@example.com", login="ana-example"),
    title="Round the tide heights half up",
    url="https://github.com/trivet-examples/tide-table/actions/runs/1",
    workflow="CI",
    outcome=FAILED,
    conclusion="failure",
    stamp=(812, 1),
)
TO_A_TOPIC = Notice(
    entry="e1.0",
    recipient="builds",
    address=BUILDS.arn,
    text="CI broke",
    subject="CI broke: trivet-examples/tide-table main #812",
    mail="CI broke: trivet-examples/tide-table main\nlint, test\nRound the tide heights half up\n"
    "Ana Example\nhttps://x.example/1",
    attributes=(
        ("branch", "main"),
        ("edge", "broke"),
        ("forge", "github"),
        ("kind", "pipeline"),
        ("repository", "trivet-examples/tide-table"),
        ("severity", "normal"),
    ),
)
WAITS = Held(
    entry="e1.0",
    at=NOON,
    until=NOON + timedelta(minutes=2),
    edge="broke",
    about=RUN.key,
    label="tide-table CI",
    text="CI broke: tide-table",
)
PUSHED = RUN._replace(
    name="push",
    kind=PUSH,
    key="delivery#github#5#d-1",
    outcome="",
    conclusion="",
    workflow="",
    stamp=(0, 0),
    commits=3,
)


def run(number: int, outcome: str = FAILED, attempt: int = 1, **changes: Any) -> Event:
    return RUN._replace(stamp=(number, attempt), outcome=outcome, conclusion=outcome, **changes)


def sample(forge: str, case: str) -> tuple[dict[str, str], bytes]:
    """A recorded delivery: headers and body."""
    folder = SAMPLES / forge
    headers: dict[str, str] = json.loads((folder / f"{case}.headers.json").read_text())
    return headers, (folder / f"{case}.body").read_bytes()


def secret_of(forge: str) -> str:
    return (SAMPLES / forge / "secret").read_text().strip()


class InMemoryLedger:
    """A ledger that keeps its promises, in the same items that DynamoDB keeps."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.of: dict[str, Desk] = {}
        self.leases: dict[str, tuple[str, datetime]] = {}
        self.spent = 0
        self.pages: dict[str, Page] = {}
        self.before_claim: Callable[[], None] = lambda: None

    def recall(self, key: str, event_id: str, people: tuple[str, ...], now: datetime) -> Found:
        return replace(found_in(self.items.get(key), event_id), known=self.desks(people, now))

    def memory_of(self, key: str) -> Memory | None:
        return found_in(self.items.get(key), "").memory

    def desks(self, people: tuple[str, ...], now: datetime) -> Known:
        read = tuple(self.of[person] for person in people if person in self.of)
        return Known(desks=read, spent=self.spent)

    def claim(self, claim: Claim) -> Found | None:
        interfere, self.before_claim = self.before_claim, lambda: None
        interfere()
        standing = self.items.get(claim.key)
        there = found_in(standing, "").memory
        seen = claim.seen and (claim.seen.stamp, claim.seen.told)
        if (there and (there.stamp, there.told)) != seen:
            return found_in(standing, claim.event_id)
        values = claiming(claim)["ExpressionAttributeValues"]
        outbox = dict(standing.get("outbox", {"M": {}})["M"]) if standing else {}
        owed = {name: value for name, value in values.items() if name.startswith(":owed")}
        if ":outbox" in values:
            outbox |= values[":outbox"]["M"]
        outbox |= dict(zip((notice.entry for notice in claim.owed), owed.values(), strict=False))
        kept = {name.removeprefix(":"): value for name, value in values.items()}
        self.items[claim.key] = {
            "id": {"S": claim.key},
            **{
                name: value for name, value in kept.items() if not name.startswith(("owed", "seen"))
            },
            "outbox": {"M": outbox},
        }
        return None

    def note(self, key: str, decisions: tuple[str, ...], keep_until: datetime) -> None:
        values = noting(key, decisions, keep_until)["ExpressionAttributeValues"]
        self.items.setdefault(key, {"id": {"S": key}})["decisions"] = values[":decisions"]

    def settle(self, settled: Settled) -> None:
        notice = settled.notice
        if self.items[settled.key]["outbox"]["M"].pop(notice.entry, None) is None:
            return
        desk = self.of.get(notice.recipient, Desk(person=notice.recipient))
        if notice.open:
            desk = self.of[desk.person] = replace(desk, open=(*desk.open, *notice.open))
        if notice.held:
            self.of[desk.person] = replace(desk, held=(*desk.held, notice.held))
        elif notice.is_sms:
            self._book(desk, notice, settled.at, joins=notice.joins)
        if notice.page:
            self.pages[page_key(notice.page.id)] = notice.page

    def lease(self, person: str, lease: str, first: Held, now: datetime) -> bool:
        standing = self.leases.get(person)
        if first not in self.of[person].held or (standing and now - standing[1] < LEASE):
            return False
        self.leases[person] = (lease, now)
        return True

    def clear(
        self, desk: Desk, lease: str, told: tuple[Held, ...], notice: Notice | None, now: datetime
    ) -> None:
        if self.leases.get(desk.person, ("", now))[0] != lease:
            return
        del self.leases[desk.person]
        left = tuple(held for held in self.of[desk.person].held if held not in told)
        self.of[desk.person] = replace(self.of[desk.person], held=left)
        if notice and notice.is_sms:
            self._book(self.of[desk.person], notice, now, joins=True)

    def still_open(self, waiting: tuple[Open, ...]) -> dict[str, tuple[str, ...]]:
        pages = {key: page_as(page) for key, page in self.pages.items()}
        return still_open(waiting, {**self.items, **pages})

    def close(self, person: str, waits: Open) -> None:
        desk = self.of[person]
        left = tuple(it for it in desk.open if it.entry != waits.entry)
        self.of[person] = replace(desk, open=left)

    def step(self, step: Step) -> None:
        memory = self.memory_of(step.waits.about)
        more = tuple(to for to, _ in step.held if to not in step.knew)
        refused = memory is None or memory.state != FAILED or memory.told != step.knew
        if step.waits not in self.of[step.person].open or (more and refused):
            return
        if more:
            told = {"L": [{"S": key} for key in (*step.knew, *more)]}
            self.items[step.waits.about]["told"] = told
        self.close(step.person, step.waits)
        for to, held in step.held:
            desk = self.of.get(to, Desk(person=to))
            then = (step.then[1],) if step.then and step.then[0] == to else ()
            self.of[to] = replace(desk, held=(*desk.held, held), open=(*desk.open, *then))

    def _book(self, desk: Desk, notice: Notice, now: datetime, *, joins: bool) -> None:
        self.spent += notice.cost
        opened = now if joins else desk.opened_at
        recent = (*desk.lately(now), now)
        self.of[desk.person] = replace(desk, recent=recent, opened_at=opened)

    def owed(self) -> int:
        return sum(len(item["outbox"]["M"]) for item in self.items.values() if "outbox" in item)


class Network:
    """A phone network: keeps what it took, and refuses the numbers it is told to."""

    def __init__(self) -> None:
        self.taken: list[Notice] = []
        self.refused: set[str] = set()

    def send(self, notice: Notice) -> None:
        if notice.address in self.refused:
            raise Unreachable(f"message to {notice.recipient}", code="Throttled")
        self.taken.append(notice)

    def told(self) -> list[tuple[str, str]]:
        """Who was told, and the first words of what."""
        return [(it.recipient, it.text.split(":")[0]) for it in self.taken]
