"""An image is built from the folder by Docker, pushed to the emulator's registry, and runs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import emulator as ministack
from localcloud.client import call
from localcloud.emulator import Emulator
from localcloud.engine import find_engine
from localcloud.errors import EngineMissing
from localcloud.provision import client

SERVICES = Path(__file__).resolve().parent.parent.parent / "examples" / "services"
BASE = os.environ.get("TRIVET_EXAMPLE_BASE")
MANIFEST = f"""\
name: web
type: Load Balanced Web Service
image: {{build: {{dockerfile: web/Dockerfile, args: {{BASE: "{BASE}"}}}}, port: 8080}}
http: {{path: /}}
"""

pytestmark = pytest.mark.docker


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    try:
        engine = find_engine()
    except EngineMissing as error:
        pytest.skip(str(error))
    if BASE is None:
        pytest.skip("TRIVET_EXAMPLE_BASE names no image to build on")
    with ministack.start(log=tmp_path / "ministack.log", docker_host=engine.host) as emulator:
        yield emulator


def trivet(emulator: Emulator, folder: Path, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    ended = subprocess.run(
        [sys.executable, "-m", "platform_deploy", "-C", str(folder), *arguments],
        env=kept | emulator.environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def test_what_is_built_is_pushed_once_and_runs(emulator: Emulator, tmp_path: Path) -> None:
    shutil.copytree(SERVICES / "api", tmp_path / "web")
    for name, text in ((".workspace", "application: build\n"), ("web/manifest.yml", MANIFEST)):
        path = tmp_path / "copilot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    deploy = ("deploy", "--env", "test", "--yes")
    first = trivet(emulator, tmp_path, *deploy)
    assert first.count("pushing image web:") == 1
    ecr = client(emulator.endpoint, "ecr")
    (image,) = ecr.describe_images(repositoryName="build/test/web")["imageDetails"]
    (tag,) = image["imageTags"]
    manifest = call("GET", f"{emulator.endpoint}/v2/build/test/web/manifests/{tag}").json()
    assert manifest["layers"]
    ecs = client(emulator.endpoint, "ecs")
    (task,) = ecs.describe_tasks(
        cluster="build-test", tasks=ecs.list_tasks(cluster="build-test")["taskArns"]
    )["tasks"]
    assert task["lastStatus"] == "RUNNING"
    assert task["containers"][0]["image"].endswith(f"/build/test/web:{tag}")
    assert "building" not in trivet(emulator, tmp_path, *deploy)
    trivet(emulator, tmp_path, "destroy", "--env", "test", "--yes", "test")
    assert ecr.describe_repositories()["repositories"] == []
