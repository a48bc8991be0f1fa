"""The rules of docs/architecture.md that a machine can hold."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("notifier/chalicelib", "datalake/chalicelib", "platform_deploy", "localcloud")

# What a pure room may not import: AWS, the framework, the machine, the clock, chance, output.
ACTING = {
    *("boto3", "botocore", "chalice", "docker", "dotenv", "jwt", "rich", "requests"),
    *("concurrent", "fcntl", "importlib", "io", "logging", "os", "pathlib", "random", "secrets"),
    *("selectors", "shutil", "signal", "socket", "subprocess", "sys", "tempfile", "threading"),
    *("time", "traceback", "urllib.request"),
}
# The only rooms that may import boto3 or botocore.
DOORS = {
    "notifier/chalicelib": {"aws"},
    "datalake/chalicelib": set(),
    "platform_deploy": {"aws"},
    "localcloud": {"provision", "registry", "sources/queue"},
}
# Folders of which each file adds a kind, and the only rooms that may import one by name.
KINDS = {
    "notifier/chalicelib": {"forges": {"forges"}, "languages": {"languages"}},
    "datalake/chalicelib": {"stores": {"wiring"}},
    "platform_deploy": {"resources": {"resources", "status"}},
}
# Who may write to standard output or error.
WRITERS = {"cli", "progress", "screen", "log", "host", "wiring"}


class Room:
    """One module: its part, its name within it, and what it imports."""

    def __init__(self, part: str, path: Path) -> None:
        self.part = part
        self.path = path
        self.name = str(path.relative_to(ROOT / part).with_suffix("")).removesuffix("/__init__")
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.inner: set[str] = set()
        self.outer: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                self.inner |= self._targets(node)
            elif isinstance(node, ast.ImportFrom) and node.module:
                self.outer.add(node.module)
            elif isinstance(node, ast.Import):
                self.outer |= {alias.name for alias in node.names}

    def _targets(self, node: ast.ImportFrom) -> set[str]:
        folder = self.path.parent
        for _ in range(node.level - 1):
            folder = folder.parent
        base = folder.joinpath(*(node.module or "").split("."))
        found = set()
        for alias in node.names:
            inside = base / alias.name
            is_module = inside.with_suffix(".py").exists() or inside.is_dir()
            target = (inside if is_module else base).relative_to(ROOT / self.part)
            found.add(str(target))
        return found

    def imports(self, module: str) -> bool:
        return any(name == module or name.startswith(f"{module}.") for name in self.outer)

    def __repr__(self) -> str:
        return f"{self.part}/{self.name}"


def rooms_of(part: str) -> list[Room]:
    found = []
    for path in sorted((ROOT / part).rglob("*.py")):
        if path.is_relative_to(ROOT / part / ".chalice"):
            continue
        room = Room(part, path)
        if path.name == "__init__.py" and not room.inner:
            continue  # a docstring
        found.append(room)
    return found


def order_of(part: str) -> list[str]:
    """The rooms of a part as docs/architecture.md lists them, stars and folders' slashes kept."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").replace("\\", "")
    listed = re.search(rf"^`{re.escape(part)}`: (.*?)\n\n", text, re.MULTILINE | re.DOTALL)
    assert listed, f"docs/architecture.md does not list {part}"
    return [name.strip() for name in listed.group(1).split("·")]


ROOMS = [room for part in PARTS for room in rooms_of(part)]


def position(room_name: str, order: list[str]) -> int:
    names = [name.rstrip("*") for name in order]
    folder = room_name.rpartition("/")[0] + "/"
    for name in (room_name, folder):
        if name in names:
            return names.index(name)
    raise AssertionError(f"docs/architecture.md does not list {room_name}")


def is_kind(room: Room) -> bool:
    return any(room.name.startswith(f"{folder}/") for folder in KINDS.get(room.part, {}))


@pytest.mark.parametrize("part", PARTS)
def test_every_listed_room_exists(part: str) -> None:
    names = {room.name for room in rooms_of(part)}
    for listed in order_of(part):
        name = listed.rstrip("*")
        assert name in names or (name.endswith("/") and (ROOT / part / name).is_dir()), listed


@pytest.mark.parametrize("room", ROOMS, ids=repr)
def test_a_room_imports_only_rooms_before_it(room: Room) -> None:
    order = order_of(room.part)
    here = position(room.name, order)
    for target in room.inner:
        there = position(target, order)
        same_folder = order[there].endswith("/") and there == here
        assert there < here or same_folder, f"{room.name} imports {target}, which stands after it"


def is_pure(room: Room) -> bool:
    order = order_of(room.part)
    return not order[position(room.name, order)].endswith("*")


@pytest.mark.parametrize("room", [room for room in ROOMS if is_pure(room)], ids=repr)
def test_a_room_without_a_star_computes_only(room: Room) -> None:
    assert {module for module in ACTING if room.imports(module)} == set()
    called = {
        node.func.id
        for node in ast.walk(room.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & {"open", "print", "input"} == set()
    source = room.path.read_text(encoding="utf-8")
    assert not re.search(r"\b(datetime|date)\.(now|utcnow|today)\(", source)


@pytest.mark.parametrize("room", ROOMS, ids=repr)
def test_only_the_door_talks_to_aws(room: Room) -> None:
    if room.name not in DOORS[room.part]:
        assert not room.imports("boto3")
        assert not room.imports("botocore")


@pytest.mark.parametrize("room", ROOMS, ids=repr)
def test_no_room_names_a_kind(room: Room) -> None:
    if is_kind(room):
        return
    for folder, may in KINDS.get(room.part, {}).items():
        named = {target for target in room.inner if target.startswith(f"{folder}/")}
        assert not named or room.name in may, f"{room.name} names {named}"


@pytest.mark.parametrize("room", ROOMS, ids=repr)
def test_library_code_does_not_print(room: Room) -> None:
    if room.name.rpartition("/")[2] in WRITERS | {"__main__"}:
        return
    assert "sys.stdout" not in ast.unparse(room.tree)
    assert "sys.stderr" not in ast.unparse(room.tree)


@pytest.mark.parametrize("room", ROOMS, ids=repr)
def test_rooms_and_functions_stay_small(room: Room) -> None:
    assert len(room.path.read_text(encoding="utf-8").splitlines()) <= 300
    for node in ast.walk(room.tree):
        if isinstance(node, ast.FunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            assert size <= 40, f"{node.name} has {size} lines"


@pytest.mark.parametrize("app", ["notifier", "datalake"])
def test_only_app_py_knows_chalice_and_says_chalicelib(app: str) -> None:
    for room in rooms_of(f"{app}/chalicelib"):
        assert not room.imports("chalice"), room
        assert not room.imports("chalicelib"), room


@pytest.mark.parametrize("part", PARTS[:3])
def test_the_three_legs_know_nothing_of_each_other(part: str) -> None:
    legs = {"notifier", "datalake", "platform_deploy", "localcloud"} - {part.split("/")[0]}
    for room in rooms_of(part):
        assert {leg for leg in legs if room.imports(leg)} == set(), room
