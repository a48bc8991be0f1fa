"""Receive a delivery of GitHub with other tools: Powertools' REST resolver and gidgethub.

What the notifier is measured against: route, verify, parse, put what matters into a queue, answer.
"""

import os
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from gidgethub import ValidationFailure, sansio

app = APIGatewayRestResolver()
queue: list[dict[str, Any]] = []


@app.post("/webhooks/<forge>")
def webhooks(forge: str) -> Response[str]:
    """Take in a delivery of a run of Actions."""
    request = app.current_event
    try:
        event = sansio.Event.from_http(
            {name.lower(): value for name, value in request.headers.items()},
            (request.body or "").encode(),
            secret=os.environ["NOTIFIER_GITHUB_SECRET"],
        )
    except ValidationFailure:
        return Response(401, "application/json", '{"status": "refused"}')
    queue.append(_read(forge, event))
    return Response(202, "application/json", '{"status": "accepted"}')


def _read(forge: str, event: sansio.Event) -> dict[str, Any]:
    run, repository = event.data["workflow_run"], event.data["repository"]
    return {
        "forge": forge,
        "name": event.event,
        "kind": "pipeline",
        "key": f"{repository['id']}#{run['workflow_id']}#{run['head_branch']}",
        "repository": repository["full_name"],
        "branch": run["head_branch"],
        "hook": "",
        "delivery": event.delivery_id,
        "title": run["head_commit"]["message"].splitlines()[0],
        "url": run["html_url"],
        "workflow": run["name"],
        "outcome": "failed" if run["conclusion"] == "failure" else "ok",
        "conclusion": run["conclusion"],
        "stamp": (run["run_number"], run["run_attempt"]),
        "fork": run["head_repository"]["id"] != repository["id"],
    }
