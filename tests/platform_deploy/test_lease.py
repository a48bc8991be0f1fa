"""One run at a time changes a thing, and no dead run keeps the next one out."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest

from localcloud.emulator import Emulator
from platform_deploy import flow, lease
from platform_deploy.aws import Account
from platform_deploy.errors import Held, Refused
from platform_deploy.lease import Holder, Lease
from platform_deploy.model import Project

from .conftest import EXAMPLES, agree, silent

ROOT = EXAMPLES.parent
NOW = 1_800_000_000.0
OTHER = Holder(
    user="ann",
    host="elsewhere",
    process=1,
    command="deploy",
    token="another",
    since=NOW,
    until=NOW + 10**9,
)


def put(account: Account, holder: Holder, scope: str = "environment", number: int = 1) -> None:
    name = f"/trivet/shop/test/lease/{scope}/{number}"
    account.write("ssm", "PutParameter", Name=name, Value=json.dumps(asdict(holder)), Type="String")


def names(account: Account) -> list[str]:
    listed = account.pages(
        "ssm", "GetParametersByPath", "Parameters", Path="/trivet/", Recursive=True
    )
    return sorted(it["Name"].removeprefix("/trivet/shop/test/lease/") for it in listed)


def holding(account: Account, *scopes: str, may_seize: bool = False) -> list[str]:
    """Hold leases for a moment and return what was there meanwhile."""
    with lease.held(account, "shop/test", "deploy", scopes, may_seize=may_seize):
        return names(account)


def test_a_lease_is_there_while_it_is_held_and_not_after(account: Account) -> None:
    assert holding(account, "api", "backend") == ["api/1", "backend/1"]
    assert names(account) == []


def test_who_holds_it_and_for_how_long_is_said(account: Account) -> None:
    put(account, replace(OTHER, since=time.time() - 100))
    with pytest.raises(Held, match=r"held by ann@elsewhere \(deploy\) for 10\d s"):
        holding(account, "environment")
    assert names(account) == ["environment/1"]


@pytest.mark.parametrize("value", ["ours", "[]", '{"user": "ann", "since": "then"}'])
def test_a_lease_that_cannot_be_read_is_somebodys_until_it_is_seized(
    account: Account, value: str
) -> None:
    name = "/trivet/shop/test/lease/environment/1"
    account.write("ssm", "PutParameter", Name=name, Value=value, Type="String")
    with pytest.raises(Held, match="held by somebody@somewhere"):
        holding(account, "environment")
    assert holding(account, "environment", may_seize=True) == ["environment/1", "environment/2"]
    assert names(account) == []


def test_two_workloads_do_not_exclude_each_other_but_the_environment_does(account: Account) -> None:
    put(account, OTHER, "api")
    assert holding(account, "backend") == ["api/1", "backend/1"]
    with pytest.raises(Held, match="lease of api is held"):
        holding(account, "environment")
    assert names(account) == ["api/1"]


def test_an_expired_lease_is_taken_over_by_the_next_number_and_both_go(account: Account) -> None:
    put(account, replace(OTHER, until=NOW - 10**9))
    assert holding(account, "environment") == ["environment/1", "environment/2"]
    assert names(account) == []


def test_what_a_dead_process_of_this_machine_held_is_free(account: Account) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = lease.socket.gethostname()
    put(account, replace(OTHER, host=here, process=ended.pid))
    assert holding(account, "environment") == ["environment/1", "environment/2"]


def test_it_can_be_taken_from_a_holder_who_then_stops(account: Account) -> None:
    with lease.held(account, "shop/test", "deploy", {"api"}, may_seize=False) as first:
        first.check()
        put(account, OTHER, "api", 2)
        first.renew()
        with pytest.raises(Refused, match="the lease was lost"):
            first.check()
    assert names(account) == ["api/2"]
    assert holding(account, "api", may_seize=True) == ["api/1", "api/2", "api/3"]
    assert names(account) == []


def test_renewing_moves_the_end_and_an_end_in_the_past_stops_the_run(account: Account) -> None:
    with lease.held(account, "shop/test", "deploy", {"api"}, may_seize=False) as held:
        held.holder = replace(held.holder, until=1.0)
        with pytest.raises(Refused):
            held.check()
        held.renew()
        held.check()


def test_a_number_that_somebody_else_took_first_is_not_won(account: Account) -> None:
    class Late(Lease):
        def _put(self, name: str, holder: Holder, *, overwrite: bool) -> None:
            put(account, OTHER)
            super()._put(name, holder, overwrite=overwrite)

    mine = replace(OTHER, token="mine", user="me")
    late = Late(account=account, prefix="/trivet/shop/test/lease/", holder=mine, may_seize=False)
    with pytest.raises(Held):
        late.take({"environment"})
    late.release()
    assert names(account) == ["environment/1"]


def test_a_deploy_under_another_ones_lease_changes_nothing(account: Account, shop: Project) -> None:
    put(account, OTHER)
    with pytest.raises(Held):
        flow.deploy(account, shop, agree, silent())
    assert account.pages("ecs", "ListClusters", "clusterArns") == []
    seizing = flow.Limits(forced=frozenset({"lease"}))
    assert flow.deploy(account, shop, agree, silent(), seizing).steps
    assert names(account) == []


RACE = """
import os, sys
from platform_deploy import aws, lease
from platform_deploy.errors import Held
account = aws.connect()
account._client("ssm")
go, began = os.pipe()
end, ended = os.pipe()
told, tell = os.pipe()
for _ in range(20):
    if os.fork() == 0:
        os.close(began), os.close(ended)
        os.read(go, 1)
        try:
            with lease.held(account, "shop/test", "deploy", {"environment"}, may_seize=False):
                os.write(tell, b"won\\n")
                os.read(end, 1)
        except Held as error:
            os.write(tell, f"{error.who}\\n".encode())
        os._exit(0)
os.close(began)
said = b""
while said.count(b"\\n") < 20:
    said += os.read(told, 1000)
os.close(ended)
for _ in range(20):
    os.wait()
print(said.decode(), end="")
"""


def test_of_twenty_processes_one_wins(emulator: Emulator) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", RACE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said = ran.stdout.splitlines()
    assert said.count("won") == 1
    assert len([who for who in said if "@" in who]) == 19
