"""The OpenAPI document says what the code does."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from datalake.chalicelib import (
    cors,
    link_errors,
    links,
    listing,
    operations,
    upload_errors,
    upload_operations,
)
from datalake.chalicelib.errors import Refusal
from tests.datalake.test_app import SIGN_IN

Serve = Callable[[Mapping[str, str]], Any]

FAMILIES = (link_errors, upload_errors)  # imported so that `kinds` knows theirs, too
GUIDE = (Path(__file__).resolve().parents[2] / "docs/datalake.md").read_text(encoding="utf-8")
METHODS = {"get", "head", "put", "post", "patch", "delete"}


@pytest.fixture
def document(http: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(http.get("/openapi.json").body)
    return found


def described_path(path: str) -> str:
    """One path stands in the document for the routes of all depths."""
    return re.sub(r"\{s01\}.*", "{key}", path)


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield path, method, item[method]


def test_every_route_is_described_and_nothing_else(http: Any, document: dict[str, Any]) -> None:
    served = {
        (described_path(path), method.lower())
        for path, methods in http._app.routes.items()
        for method in methods
        if method != "OPTIONS"
    }
    assert served == {(path, method) for path, method, _ in operations_of(document)}


def test_public_is_what_is_served_without_a_token(serve: Serve) -> None:
    http = serve(SIGN_IN)
    document = json.loads(http.get("/openapi.json").body)
    for path, method, operation in operations_of(document):
        answered = http.request(method.upper(), path.replace("{", "").replace("}", ""))
        assert (answered.status_code == 401) == (operation.get("security") != [])


def kinds(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        yield each
        yield from kinds(each)


def test_every_refusal_is_described(document: dict[str, Any]) -> None:
    codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    found = {kind.code for kind in kinds(Refusal) if "test" not in kind.__module__}
    assert set(codes) == found | {"method-not-allowed", "internal-error"}
    statuses = {status for _, _, each in operations_of(document) for status in each["responses"]}
    for kind in kinds(Refusal):
        if hasattr(kind, "status") and "test" not in kind.__module__:
            assert str(kind.status) in statuses, kind


def test_the_guide_names_every_code_with_its_status() -> None:
    table = {
        code: status
        for statuses, codes in re.findall(r"^\| ([0-9, ]+) \| (.*?) \|", GUIDE, re.MULTILINE)
        for status in statuses.split(", ")
        for code in re.findall("`([a-z-]+)`", codes)
    }
    refusals = [kind for kind in kinds(Refusal) if "test" not in kind.__module__]
    named = {kind.code: str(kind.status) for kind in refusals if hasattr(kind, "code")}
    assert table == named | {"method-not-allowed": "405", "internal-error": "500"}


def test_the_parameters_are_those_that_are_read(document: dict[str, Any]) -> None:
    def names(path: str, method: str) -> set[str]:
        parameters = document["paths"][path][method].get("parameters", [])
        return {each["name"] for each in parameters if each["in"] == "query"}

    assert names("/datasets", "get") == listing.PARAMETERS
    assert names("/datasets", "post") == operations._POSTING
    for method, known in (
        ("get", operations._READING | listing.PARAMETERS_OF_VERSIONS),
        ("put", operations._WRITING),
        ("delete", frozenset()),
    ):
        assert names("/datasets/{key}", method) == known
    for method in ("get", "head", "put"):
        assert names("/l/{token}/{key}", method) == set()
    assert names("/uploads", "post") == upload_operations._PARAMETERS
    for method in ("get", "head", "patch", "post", "delete"):
        assert names("/uploads/{upload_id}", method) == upload_operations._NO_PARAMETERS


def test_the_fields_of_uploads_are_those_that_scripts_may_send(document: dict[str, Any]) -> None:
    described = {
        parameter["name"].lower()
        for path, _, operation in operations_of(document)
        for parameter in operation.get("parameters", [])
        if path.startswith("/uploads") and parameter["in"] == "header"
    }
    assert described == {
        name
        for name in cors._SENDABLE
        if name.startswith(("upload-", "tus-", "x-", "if-", "repr-", "content-d"))
    } - {"if-range"}


def test_the_order_of_a_link_is_what_is_read(document: dict[str, Any]) -> None:
    body = document["paths"]["/links"]["post"]["requestBody"]["content"]["application/json"]
    assert tuple(body["schema"]["properties"]) == links.MEMBERS
