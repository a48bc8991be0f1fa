"""The data lake asks nothing of AWS, so its functions' policies hold nothing of our own calls.

Its files are a mounted folder, its configuration is in the environment, its tokens are checked with
keys that it fetches over plain HTTPS.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from platform_deploy import apps
from tests.datalake.test_app import gateway_event, on_lambda
from tests.datalake.test_permissions import ADMIN

APP = apps.read(Path(__file__).resolve().parents[2] / "datalake" / "resources.yml", stage="dev")
# What a mount asks under the function's role: https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
MOUNT = "elasticfilesystem:Client"


def test_no_function_uses_an_action_that_a_request_of_aws_would_need() -> None:
    used = {it for function in APP.functions for of in function.uses.values() for it in of}
    assert [action for action in sorted(used) if not action.startswith(MOUNT)] == []


def test_the_api_and_the_sweep_work_where_no_aws_library_can_be_imported(
    serve: Callable[[Mapping[str, str]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in ("boto3", "botocore")]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("boto3", "botocore"):
        monkeypatch.setitem(sys.modules, name, None)
    http = on_lambda(serve)
    for method, body, status in (("PUT", b"1", 201), ("GET", None, 200), ("DELETE", None, 204)):
        event = gateway_event(method, "/datasets/lists/a", ["lists", "a"], body)
        event["requestContext"]["authorizer"] = {"claims": dict(ADMIN)}
        assert http._app(event, None)["statusCode"] == status
    fields = ("version", "account", "region", "detail", "detail-type", "source", "time")
    scheduled = dict.fromkeys((*fields, "id", "resources"), "")
    assert set(sys.modules["app"].sweep(scheduled, None)) == {"drafts", "uploads", "versions"}
