import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.engine import Engine, find_engine
from localcloud.errors import EngineFailed, EngineMissing
from tests.localcloud.fake_docker import FakeDocker, fake_docker


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[FakeDocker]:
    with fake_docker(tmp_path) as engine:
        yield engine


def found(docker: FakeDocker) -> Engine:
    return find_engine({"DOCKER_HOST": docker.host})


def test_an_engine_says_itself_that_it_runs(docker: FakeDocker) -> None:
    assert found(docker) == Engine(host=docker.host, version="20.10.24", reaches_containers=False)


@pytest.mark.parametrize(
    ("block", "reached"),
    [
        ({"Subnet": "172.17.0.0/16", "Gateway": "127.0.0.1"}, True),
        ({"Subnet": "127.0.0.0/8"}, True),  # not named: the first address of the block
        ({"Subnet": "192.0.2.0/24", "Gateway": "192.0.2.1"}, False),  # a virtual machine's
    ],
)
def test_containers_are_reached_where_the_bridge_is_on_this_machine(
    docker: FakeDocker, block: dict[str, str], reached: bool
) -> None:
    docker.add_network("bridge", {}, block)
    assert found(docker).reaches_containers is reached


def test_another_network_is_not_taken_for_the_bridge(docker: FakeDocker) -> None:
    docker.add_network("bridges", {}, {"Subnet": "127.0.0.0/8"})
    assert not found(docker).reaches_containers


def test_a_docker_host_without_a_socket_is_named_with_the_reason(tmp_path: Path) -> None:
    host = f"unix://{tmp_path}/none.sock"
    with pytest.raises(EngineMissing) as missing:
        find_engine({"DOCKER_HOST": host})
    assert str(missing.value).startswith(
        f"no Docker engine answers ({host}: no such file or directory). Start Docker, or "
    )


def test_a_socket_where_nobody_listens_is_no_engine(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "docker.sock"))
    with pytest.raises(EngineMissing, match=r"docker\.sock: connection refused"):
        find_engine({"DOCKER_HOST": f"unix://{tmp_path}/docker.sock"})


def test_a_docker_host_of_an_unknown_kind_is_no_engine() -> None:
    with pytest.raises(EngineMissing, match=r"gopher://nowhere"):
        find_engine({"DOCKER_HOST": "gopher://nowhere"})


def test_without_docker_host_a_rootless_engines_socket_is_tried(docker: FakeDocker) -> None:
    folder = Path(docker.host.removeprefix("unix://")).parent
    assert find_engine({"XDG_RUNTIME_DIR": str(folder)}).version == "20.10.24"


def test_what_the_engine_refuses_is_said_in_its_own_words(docker: FakeDocker) -> None:
    with pytest.raises(EngineFailed) as failed, found(docker).session() as client:
        client.images.get("nowhere:1")
    assert str(failed.value) == f"Docker engine at {docker.host}: no such image: nowhere:1"


def test_an_engine_that_has_gone_is_an_error_of_the_engine(tmp_path: Path) -> None:
    with fake_docker(tmp_path) as docker:
        engine = found(docker)
    with pytest.raises(EngineFailed, match=r"no such file|refused"), engine.session():
        pass
