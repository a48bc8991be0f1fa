from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.gateway.routes import BadPath, Match, RouteTable

TABLE = RouteTable(
    {
        "/": ["GET"],
        "/files": ["GET", "POST"],
        "/files/{name}": ["GET", "PUT"],
        "/files/special": ["GET"],
        "/files/{name}/parts/{part}": ["GET"],
        "/any/{rest+}": ["GET"],
    }
)


@pytest.mark.parametrize(
    ("method", "path", "resource", "parameters"),
    [
        ("GET", "/", "/", {}),
        ("GET", "/files", "/files", {}),
        ("GET", "/files/", "/files", {}),  # one trailing slash is dropped
        ("GET", "/files/a", "/files/{name}", {"name": "a"}),
        ("GET", "/files/special", "/files/special", {}),  # a fixed segment goes first
        ("PUT", "/files/special", "/files/{name}", {"name": "special"}),  # resource and method
        ("GET", "/files/a%2Fb", "/files/{name}", {"name": "a/b"}),  # split, then decoded
        ("GET", "/files/a%252Fb", "/files/{name}", {"name": "a%2Fb"}),  # decoded once
        ("GET", "/files/a+b", "/files/{name}", {"name": "a+b"}),
        ("GET", "/files/%C3%A9", "/files/{name}", {"name": "é"}),
        ("GET", "/files/a/parts/1", "/files/{name}/parts/{part}", {"name": "a", "part": "1"}),
        ("GET", "/any/a/b", "/any/{rest+}", {"rest": "a/b"}),
    ],
)
def test_a_path_is_served_by_its_resource(
    method: str, path: str, resource: str, parameters: dict[str, str]
) -> None:
    assert TABLE.match(method, path) == Match(
        resource=resource, parameters=tuple(parameters.items())
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("DELETE", "/files/a"),  # a method that no resource has
        ("GET", "/files//parts/1"),  # a parameter is never empty
        ("GET", "//"),
        ("GET", "/any"),
        ("HEAD", "/files"),  # HEAD is not GET
    ],
)
def test_what_no_resource_serves_matches_nothing(method: str, path: str) -> None:
    assert TABLE.match(method, path) is None


def test_encoding_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(BadPath):
        TABLE.match("GET", "/files/%FF")


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_name_arrives_as_it_was_before_encoding(name: str) -> None:
    match = TABLE.match("GET", "/files/" + quote(name, safe=""))
    assert match is not None
    assert dict(match.parameters) in ({"name": name}, {})  # {}: it was "special"
