"""Run Chalice for one app: its folder's files, and the commands `package`, `deploy`, `delete`.

Chalice is a program to us, and is not imported. Its state file is fetched before a deployment and
kept after it by whoever calls.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import apps, policies
from .apps import App
from .chalice_config import with_stage
from .errors import ChaliceFailed, NotConfigured

RUN = "from chalice.cli import main; raise SystemExit(main())"
# Chalice goes on without a dependency that it could not get, and says only this.
INCOMPLETE = "Could not install dependencies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chalice:
    """Chalice for one app at one stage; `folder` is its project, in `region` it is deployed.

    `profile` names the credentials where the environment has none.
    """

    app: App
    folder: Path
    region: str
    profile: str | None = None

    @property
    def config(self) -> Path:
        """Return the file with the app's configuration."""
        return self.folder / ".chalice" / "config.json"

    @property
    def state(self) -> Path:
        """Return the file in which `chalice deploy` remembers what it made."""
        return self.folder / ".chalice" / "deployed" / f"{self.app.stage}.json"

    @property
    def state_key(self) -> str:
        """Return where in the environment's bucket that file is kept."""
        return f"chalice/{self.app.application}/{self.app.stage}.json"

    def prepare(self) -> tuple[str, ...]:
        """Write the stage into the configuration, and its policies; return what was written."""
        config = with_stage(self.read_config(), self.app, self.folder.name)
        documents = policies.documents(self.app)
        root = self.folder.parent / ".chalice"
        wanted = {
            root / f"{self.folder.name}-{name}-{self.app.stage}.json": document
            for name, document in documents.items()
        }
        wanted[self.config] = config
        return tuple(str(path) for path, value in wanted.items() if _write(path, value))

    def read_config(self) -> dict[str, Any]:
        """Return the app's configuration; raises NotConfigured."""
        try:
            found: dict[str, Any] = json.loads(self.config.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise NotConfigured(f"cannot read {self.config}: {error}") from error
        return found

    def write_config(self, config: Mapping[str, Any]) -> bool:
        """Replace the configuration; tell whether it has changed."""
        return _write(self.config, config)

    def package(self, variables: Mapping[str, str]) -> tuple[dict[str, Any], bytes]:
        """Return the SAM template and the zip of the functions; raises ChaliceFailed."""
        # Chalice makes this folder too, but fails where another process has just made it.
        (self.folder / ".chalice" / "deployments").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="trivet-") as folder:
            self._run(("package", "--stage", self.app.stage, folder), variables)
            template: dict[str, Any] = json.loads((Path(folder) / "sam.json").read_text())
            return template, (Path(folder) / "deployment.zip").read_bytes()

    def deploy(self, variables: Mapping[str, str]) -> dict[str, Any]:
        """Run `chalice deploy`, and return what it says it has made; raises ChaliceFailed."""
        self._run(("deploy", "--stage", self.app.stage), variables)
        made: dict[str, Any] = json.loads(self.state.read_text(encoding="utf-8"))
        return made

    def delete(self, variables: Mapping[str, str]) -> None:
        """Run `chalice delete`; raises ChaliceFailed."""
        self._run(("delete", "--stage", self.app.stage), variables)

    def _run(self, arguments: tuple[str, ...], variables: Mapping[str, str]) -> None:
        ran = subprocess.run(
            [sys.executable, "-c", RUN, "--project-dir", str(self.folder.resolve()), *arguments],
            env={
                **os.environ,
                **self._credentials(),
                **variables,
                "AWS_DEFAULT_REGION": self.region,
                "PYTHONDONTWRITEBYTECODE": "1",  # byte code would alter each zip
                "TRIVET_DOTENV": os.devnull,  # a developer's settings are not the account's
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ran.returncode or INCOMPLETE in ran.stdout:
            raise ChaliceFailed(command=f"chalice {arguments[0]}", said=ran.stdout)

    def _credentials(self) -> dict[str, str]:
        has_own = os.environ.keys() & {"AWS_PROFILE", "AWS_ACCESS_KEY_ID"}  # as in `aws`
        return {"AWS_PROFILE": self.profile} if self.profile and not has_own else {}


def found(root: Path, stage: str, region: str, profile: str | None = None) -> tuple[Chalice, ...]:
    """Return the apps of the folder, each with its `resources.yml`; raises NotConfigured."""
    try:
        return tuple(
            Chalice(
                app=apps.read(path, stage=stage), folder=path.parent, region=region, profile=profile
            )
            for path in sorted(root.glob("*/resources.yml"))
        )
    except apps.BadResources as error:
        raise NotConfigured(str(error)) from error


def _write(path: Path, value: Mapping[str, Any]) -> bool:
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    return True
