"""Let one run at a time change what it works on: leases in SSM, made without overwriting.

A lease is the parameter /trivet/APP/ENV/lease/SCOPE/N; SCOPE is a workload, or `environment` for
all. The highest N counts. An expired one is taken over by making N+1, never by overwriting it.
"""

import getpass
import json
import math
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace

from .aws import Account
from .errors import AlreadyExists, DeployError, Held, Refused, Unclear

API = "ssm"
SHARED = "environment"
TERM = 120.0  # seconds that a lease holds without being renewed
RENEWAL = 30.0  # seconds between renewals
ATTEMPTS = 4
LONGEST_BATCH = 10  # names that DeleteParameters takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lease and for what; times are seconds since 1970."""

    user: str
    host: str
    process: int
    command: str
    token: str
    since: float
    until: float

    def is_over(self, now: float) -> bool:
        """Tell whether the lease has expired, or its process on this machine has ended."""
        return now > self.until or (self.host == socket.gethostname() and not self._is_alive())

    def _is_alive(self) -> bool:
        if self.process == os.getpid():
            return False  # an earlier run of this process
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    name: str
    scope: str
    number: int
    holder: Holder


@dataclass(slots=True, kw_only=True)
class Lease:
    """The leases of one run; `may_seize` takes them over from whoever holds them."""

    account: Account
    prefix: str
    holder: Holder
    may_seize: bool
    is_lost: bool = False
    scopes: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, scopes: Iterable[str]) -> None:
        """Take a lease of each scope; raises Held when somebody else has it."""
        with self.lock:
            for scope in sorted(scopes):
                self._take(scope)

    def check(self) -> None:
        """Raise Refused when a lease ran out or was taken over: somebody else may be at work."""
        if self.is_lost or time.time() > self.holder.until:
            raise Refused(("the lease was lost; see whether another run is at work, then repeat",))

    def renew(self) -> None:
        """Hold on to the leases for another term."""
        with self.lock:
            newest = _newest(self._there())
            mine = [it for it in newest.values() if self._is_mine(it)]
            self.is_lost = not self.scopes <= {it.scope for it in mine}
            renewed = replace(self.holder, until=time.time() + TERM)
            for it in mine:
                self._put(it.name, renewed, overwrite=True)
            self.holder = renewed

    def release(self) -> None:
        """Give the leases back; what cannot be given back expires."""
        with self.lock, suppress(DeployError):
            names = sorted(self.names)
            for start in range(0, len(names), LONGEST_BATCH):
                batch = names[start : start + LONGEST_BATCH]
                self.account.write(API, "DeleteParameters", Names=batch)

    def _take(self, scope: str) -> None:
        self.scopes.add(scope)
        number = 1
        for _ in range(ATTEMPTS):
            with suppress(AlreadyExists, Unclear):  # the listing tells whose it is
                self._put(f"{self.prefix}{scope}/{number}", self.holder, overwrite=False)
            newest = _newest(self._there())
            rivals = (
                it for it in newest.values() if scope == it.scope or SHARED in (scope, it.scope)
            )
            self._refuse_if_held(rivals)
            latest = newest.get(scope)
            if latest and self._is_mine(latest):
                return
            number = latest.number + 1 if latest else 1
        raise Held(scope=scope, who="others", command="deploys", seconds=0)

    def _refuse_if_held(self, leases: Iterable[_Found]) -> None:
        for it in leases:
            is_over = self.may_seize or it.holder.is_over(time.time())
            if not is_over and not self._is_mine(it):
                who = f"{it.holder.user}@{it.holder.host}"
                age = time.time() - it.holder.since
                raise Held(scope=it.scope, who=who, command=it.holder.command, seconds=age)

    def _is_mine(self, found: _Found) -> bool:
        return found.holder.token == self.holder.token

    def _put(self, name: str, holder: Holder, *, overwrite: bool) -> None:
        value = json.dumps(asdict(holder))
        self.account.write(
            API, "PutParameter", Name=name, Value=value, Type="String", Overwrite=overwrite
        )

    def _there(self) -> list[_Found]:
        listed = self.account.pages(
            API, "GetParametersByPath", "Parameters", Path=self.prefix, Recursive=True
        )
        found: list[_Found] = []
        for it in listed:
            self.account.learn(it["ARN"])
            scope, _, number = it["Name"].removeprefix(self.prefix).partition("/")
            holder, counted = _holder(it["Value"]), int(number) if number.isdigit() else 0
            found.append(_Found(name=it["Name"], scope=scope, number=counted, holder=holder))
        mine = {it.scope: it.number for it in found if self._is_mine(it)}
        # what was taken over goes with what took it over
        self.names = {it.name for it in found if it.number <= mine.get(it.scope, 0)}
        return found


def _holder(value: str) -> Holder:
    """Return who holds a lease; of another form, that of a later Trivet perhaps, nobody knows."""
    try:
        return Holder(**json.loads(value))
    except (TypeError, ValueError):
        return Holder(
            user="somebody",
            host="somewhere",
            process=0,
            command="unknown",
            token="",
            since=time.time(),
            until=math.inf,
        )


def _newest(listed: Iterable[_Found]) -> dict[str, _Found]:
    """Return the lease that counts of each scope."""
    return {it.scope: it for it in sorted(listed, key=lambda it: it.number)}


@contextmanager
def held(
    account: Account, environment: str, command: str, scopes: Iterable[str], *, may_seize: bool
) -> Iterator[Lease]:
    """Hold leases of an environment (`APP/ENV`) for the length of a run; raises Held."""
    now = time.time()
    holder = Holder(
        user=_user(),
        host=socket.gethostname(),
        process=os.getpid(),
        command=command,
        token=uuid.uuid4().hex,
        since=now,
        until=now + TERM,
    )
    prefix = f"/trivet/{environment}/lease/"
    lease = Lease(account=account, prefix=prefix, holder=holder, may_seize=may_seize)
    ended = threading.Event()
    renewing = threading.Thread(target=_renew, args=(lease, ended), daemon=True)
    try:
        lease.take(scopes)
        renewing.start()
        yield lease
    finally:
        ended.set()
        lease.release()


def _renew(lease: Lease, ended: threading.Event) -> None:
    while not ended.wait(RENEWAL):
        with suppress(DeployError):  # the next one may succeed; else `check` stops the run
            lease.renew()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in many containers
        return str(os.getuid())
