"""What an image is made of names it: the same content has the same hash, other content another."""

from collections.abc import Callable
from pathlib import Path

import pytest

from platform_deploy.contents import of_build
from platform_deploy.images import Build

BUILD = Build(dockerfile="a/Dockerfile", context="a")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a" / "src").mkdir(parents=True)
    (tmp_path / "a" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "a" / "src" / "x.py").write_text("1\n")
    (tmp_path / "a" / "left.log").write_text("1\n")
    (tmp_path / "a" / ".dockerignore").write_text("*.log\nleft\n")
    return tmp_path


def test_the_hash_is_the_same_wherever_and_whenever_the_files_lie(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            copy = other / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    assert of_build(folder, BUILD, "linux/amd64") == of_build(other, BUILD, "linux/amd64")


@pytest.mark.parametrize(
    "change",
    [
        lambda a: (a / "src" / "x.py").write_text("2\n"),
        lambda a: (a / "src" / "x.py").rename(a / "src" / "y.py"),
        lambda a: (a / "src" / "x.py").chmod(0o755),
        lambda a: (a / "new").write_text(""),
        lambda a: (a / "link").symlink_to("src"),
        lambda a: (a / "Dockerfile").write_text("FROM other\n"),
        lambda a: (a / ".dockerignore").write_text("nothing\n"),
        lambda a: (a / "Dockerfile.dockerignore").write_text("src\n"),
    ],
)
def test_what_reaches_the_image_changes_the_hash(
    folder: Path, change: Callable[[Path], object]
) -> None:
    before = of_build(folder, BUILD, "linux/amd64")
    change(folder / "a")
    assert of_build(folder, BUILD, "linux/amd64") != before


@pytest.mark.parametrize(
    "change",
    [
        lambda a: (a / "left.log").write_text("2\n"),
        lambda a: (a / "left").mkdir() or (a / "left" / "x").write_text("2\n"),
    ],
)
def test_what_is_left_out_does_not(folder: Path, change: Callable[[Path], object]) -> None:
    before = of_build(folder, BUILD, "linux/amd64")
    change(folder / "a")
    assert of_build(folder, BUILD, "linux/amd64") == before


@pytest.mark.parametrize(
    "build",
    [
        Build(dockerfile="a/Dockerfile", context="a", args=(("A", "1"),)),
        Build(dockerfile="a/Dockerfile", context="a", target="t"),
        Build(dockerfile="a/Dockerfile", context="a/src"),
    ],
)
def test_how_it_is_built_changes_the_hash(folder: Path, build: Build) -> None:
    assert of_build(folder, build, "linux/amd64") != of_build(folder, BUILD, "linux/amd64")


def test_the_platform_changes_the_hash_and_a_cache_does_not(folder: Path) -> None:
    one = of_build(folder, BUILD, "linux/amd64")
    assert of_build(folder, BUILD, "linux/arm64") != one
    cached = Build(dockerfile="a/Dockerfile", context="a", cache_from=("c",))
    assert of_build(folder, cached, "linux/amd64") == one


def test_a_context_that_is_not_there_is_an_error(folder: Path) -> None:
    gone = Build(dockerfile="a/Dockerfile", context="gone")
    with pytest.raises(FileNotFoundError):
        of_build(folder, gone, "linux/amd64")
