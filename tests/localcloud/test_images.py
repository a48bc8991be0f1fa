from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.engine import Engine, find_engine
from localcloud.errors import ImageNotBuilt
from localcloud.images import SERVICES, build_examples, image_name, source_digest
from tests.localcloud.fake_docker import FakeDocker, fake_docker

BOTH = ("localhost/trivet-example-api:1", "localhost/trivet-example-backend:1")


@pytest.fixture(autouse=True)
def no_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIVET_EXAMPLE_BASE", raising=False)


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[FakeDocker]:
    with fake_docker(tmp_path) as engine:
        yield engine


@pytest.fixture
def engine(docker: FakeDocker) -> Engine:
    return find_engine({"DOCKER_HOST": docker.host})


@pytest.fixture
def service(tmp_path: Path) -> Path:
    folder = tmp_path / "services" / "api"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "server.py").write_text("first = 1\n")
    return folder


def test_each_example_service_has_an_image_of_its_folders_name() -> None:
    folders = sorted(path.parent for path in SERVICES.glob("*/Dockerfile"))
    assert tuple(image_name(folder) for folder in folders)[:2] == BOTH


def test_missing_images_are_built_and_the_second_time_none(
    docker: FakeDocker, engine: Engine, service: Path
) -> None:
    assert build_examples(engine, services=service.parent) == ("localhost/trivet-example-api:1",)
    assert build_examples(engine, services=service.parent) == ()
    assert docker.builds == ["localhost/trivet-example-api:1"]


def test_a_changed_file_builds_the_image_again(engine: Engine, service: Path) -> None:
    build_examples(engine, services=service.parent)
    (service / "server.py").write_text("first = 2\n")
    assert build_examples(engine, services=service.parent) == ("localhost/trivet-example-api:1",)


def test_another_base_builds_the_image_again(
    engine: Engine, service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_examples(engine, services=service.parent)
    monkeypatch.setenv("TRIVET_EXAMPLE_BASE", "own-base:1")
    assert build_examples(engine, services=service.parent) == ("localhost/trivet-example-api:1",)
    assert build_examples(engine, services=service.parent, base="own-base:1") == ()


def test_a_base_that_cannot_be_had_is_one_line_with_what_to_do(
    docker: FakeDocker, engine: Engine, service: Path
) -> None:
    docker.build_error = "Get https://registry.example/v2/: network is unreachable"
    with pytest.raises(ImageNotBuilt) as failed:
        build_examples(engine, services=service.parent, base="own-base:1")
    assert str(failed.value) == (
        "image localhost/trivet-example-api:1 on the base image own-base:1: "
        "Get https://registry.example/v2/: network is unreachable. Is the base on this machine or "
        "in a registry that can be reached? TRIVET_EXAMPLE_BASE names another (a Debian or Alpine "
        "with python3)"
    )


@given(
    one=st.dictionaries(st.sampled_from("abc"), st.binary(max_size=3)),
    other=st.dictionaries(st.sampled_from("abc"), st.binary(max_size=3)),
)
def test_two_folders_have_one_digest_only_with_the_same_files(
    one: dict[str, bytes], other: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    def digest(files: dict[str, bytes]) -> str:
        folder = tmp_path_factory.mktemp("service")
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return source_digest(folder, base=None)

    assert (digest(one) == digest(other)) is (one == other)
