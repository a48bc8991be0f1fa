"""Complete a Chalice app's `.chalice/config.json` for one stage.

Pure: the parsed file in, the file's new content out. What stands there stays; nothing secret is
put there, since the file is in git.
"""

import copy
from collections.abc import Mapping
from typing import Any

from .apps import App
from .errors import NotConfigured
from .place import Place


def with_stage(config: Mapping[str, Any], app: App, project: str) -> dict[str, Any]:
    """Return the configuration with the app's stage, made after the first one where it lacks.

    `project` is the name of the app's folder, as the names of policy files begin.
    """
    found = copy.deepcopy(dict(config))
    stages = found.setdefault("stages", {})
    if app.stage in stages:
        return found
    if not stages:
        raise NotConfigured(f"{project}/.chalice/config.json has no stage to make another after")
    made = copy.deepcopy(next(iter(stages.values())))
    for key in ("environment_variables", "subnet_ids", "security_group_ids"):
        made.pop(key, None)
    functions = made.setdefault("lambda_functions", {})
    for function in app.functions:
        settings = functions.setdefault(function.name, {})
        settings["iam_policy_file"] = f"../../.chalice/{project}-{function.name}-{app.stage}.json"
    stages[app.stage] = made
    return found


def with_place(config: Mapping[str, Any], app: App, place: Place, address: str) -> dict[str, Any]:
    """Return the configuration with the stage's network and variables, as far as they are known."""
    found = copy.deepcopy(dict(config))
    stage = found["stages"][app.stage]
    known = {
        **place.variables,
        **({place.address_variable: address} if place.address_variable and address else {}),
    }
    if known:
        stage["environment_variables"] = {**stage.get("environment_variables", {}), **known}
    if place.subnets:
        stage["subnet_ids"] = list(place.subnets)
        stage["security_group_ids"] = list(place.security_groups)
    return found
