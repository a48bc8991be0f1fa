"""The environments block overrides by Copilot's rules."""

import pytest

from platform_deploy.document import Node, parse
from platform_deploy.merge import for_environment


def plain(node: Node) -> object:
    if node.map:
        return {key: plain(value) for key, value in node.map.items()}
    return [plain(item) for item in node.items] if node.items else node.value


def merged(base: str, override: str) -> object:
    indented = "\n".join(f"    {line}" for line in override.splitlines())
    text = f"{base}\nenvironments:\n  test:\n{indented}\n"
    return plain(for_environment(parse(text, "m.yml", {})[0], "test"))


@pytest.mark.parametrize(
    ("base", "override", "result"),
    [
        ("cpu: 256", "cpu: 512", {"cpu": 512}),
        ("exec: true", "exec: false", {"exec": False}),
        ("count: 1", "count: 0", {"count": 0}),
        ("variables: {A: 1, B: 2}", "variables: {B: 3}", {"variables": {"A": 1, "B": 3}}),
        ("command: [a, b]", "command: [c]", {"command": ["c"]}),
        ("count: 2", "count: {spot: 1}", {"count": {"spot": 1}}),
        (
            "network: {connect: {alias: x}}",
            "network: {connect: true}",
            {"network": {"connect": True}},
        ),
        (
            "image: {build: ., port: 80}",
            "image: {location: x}",
            {"image": {"port": 80, "location": "x"}},
        ),
        ("count: {spot: 2}", "count: {range: 1-2}", {"count": {"range": "1-2"}}),
        ("cpu: 256", "", {"cpu": 256}),
        ("cpu: 256", "cpu:", {"cpu": 256}),
        ("cpu: 256", "memory: 512", {"cpu": 256, "memory": 512}),
    ],
)
def test_an_override_follows_the_rule_of_its_form(base: str, override: str, result: object) -> None:
    assert merged(base, override) == result


def test_another_environments_block_changes_nothing() -> None:
    root = parse("cpu: 256\nenvironments: {prod: {cpu: 512}}\n", "m.yml", {})[0]
    assert plain(for_environment(root, "test")) == {"cpu": 256}
