"""What a deployment knows about itself: names, limits and the stage's environment variables.

Read from `.chalice/config.json` as Chalice does: a function's value goes before its stage's, and
a stage's before the top-level one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..emulator import ACCOUNT, REGION
from ..errors import BadProject

# Chalice's defaults.
DEFAULT_API_STAGE = "api"
DEFAULT_TIMEOUT_SECONDS = 60
DEFAULT_MEMORY_MB = 128
# Chalice's name for the function behind the API.
API_HANDLER = "api_handler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one Lambda function may take."""

    timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS
    memory_mb: int = DEFAULT_MEMORY_MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One app on one stage. `api_stage` is API Gateway's stage, `stage` is Chalice's."""

    app_name: str
    stage: str = "dev"
    api_stage: str = DEFAULT_API_STAGE
    api_id: str = "local"
    region: str = REGION
    account: str = ACCOUNT
    limits: Limits = Limits()
    limits_of_functions: tuple[tuple[str, Limits], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()

    def function_name(self, handler: str | None = None) -> str:
        """Return the name that Chalice gives the function: of the API, or of one handler."""
        return "-".join(filter(None, (self.app_name, self.stage, handler)))

    def limits_for(self, handler: str | None = None) -> Limits:
        """Return the limits of a function: of the API's, or of one handler's."""
        return dict(self.limits_of_functions).get(handler or API_HANDLER, self.limits)

    def method_arn(self, method: str, path: str) -> str:
        """Return the ARN that an authorizer's policy speaks about."""
        return (
            f"arn:aws:execute-api:{self.region}:{self.account}:{self.api_id}"
            f"/{self.api_stage}/{method}/{path.lstrip('/')}"
        )


def read_deployment(project: Path, stage: str) -> Deployment:
    """Read a project's settings for a stage; raises BadProject.

    A project without a `config.json` has Chalice's defaults, as in Chalice's test client.
    """
    file = project / ".chalice" / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError as error:
        raise BadProject(str(project), f".chalice/config.json is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise BadProject(str(project), ".chalice/config.json is not a JSON object")
    staged = config.get("stages", {}).get(stage, {})
    settings = config | staged
    variables = _variables(config) | _variables(staged)
    return Deployment(
        app_name=settings.get("app_name", project.name),
        stage=stage,
        api_stage=settings.get("api_gateway_stage", DEFAULT_API_STAGE),
        limits=_limits(settings),
        limits_of_functions=_limits_of_functions(config, staged),
        variables=tuple(sorted(variables.items())),
    )


def _limits(settings: Mapping[str, Any]) -> Limits:
    return Limits(
        timeout_seconds=settings.get("lambda_timeout", DEFAULT_TIMEOUT_SECONDS),
        memory_mb=settings.get("lambda_memory_size", DEFAULT_MEMORY_MB),
    )


def _limits_of_functions(
    config: dict[str, Any], staged: dict[str, Any]
) -> tuple[tuple[str, Limits], ...]:
    anywhere, here = (each.get("lambda_functions", {}) for each in (config, staged))
    return tuple(
        (name, _limits(config | anywhere.get(name, {}) | staged | here.get(name, {})))
        for name in sorted({*anywhere, *here})
    )


def _variables(settings: Mapping[str, Any]) -> dict[str, str]:
    return {str(k): str(v) for k, v in settings.get("environment_variables", {}).items()}
