import socket
from pathlib import Path

import pytest

from localcloud import emulator as ministack
from localcloud.emulator import Emulator
from localcloud.errors import EmulatorFailed, PortInUse


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads Linux's /proc")
def test_an_emulator_in_use_has_only_loopback_sockets(emulator_process: Emulator) -> None:
    listening = [
        row.split()[1]
        for row in Path(f"/proc/{emulator_process.process.pid}/net/tcp")
        .read_text()
        .splitlines()[1:]
        if row.split()[3] == "0A" and int(row.split()[1].split(":")[1], 16) == emulator_process.port
    ]
    assert listening == [f"0100007F:{emulator_process.port:04X}"]


def test_reset_forgets_everything(emulator: Emulator) -> None:
    import botocore.session

    sqs = botocore.session.get_session().create_client("sqs")
    sqs.create_queue(QueueName="kept")
    emulator.reset()
    assert sqs.list_queues().get("QueueUrls", []) == []


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 is in use"):
            ministack.start(log=tmp_path / "log", port=port)
    assert not (tmp_path / "log").exists()


def test_a_dead_emulator_is_named_with_its_log(tmp_path: Path) -> None:
    running = ministack.start(log=tmp_path / "ministack.log")
    running.process.kill()
    running.process.wait()
    with pytest.raises(EmulatorFailed, match=r"died \(-9\).*ministack\.log"):
        running.reset()


def test_stop_ends_the_process_and_can_be_said_twice(tmp_path: Path) -> None:
    running = ministack.start(log=tmp_path / "ministack.log")
    running.stop()
    running.stop()
    assert not running.is_alive()
