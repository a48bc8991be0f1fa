"""Import the app of one Chalice project in this process.

Both projects call their modules `app` and `chalicelib`, so one process serves one project;
tests, which need both, forget the modules again.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import BadProject

_SHARED_NAMES = ("app", "chalicelib")


def load_app(project: Path) -> Any:
    """Import `app.py` of the project folder and return its Chalice object.

    Raises BadProject when there is no `app.py`, or when it does not define `app`.
    """
    if not (project / "app.py").is_file():
        raise BadProject(str(project), "has no app.py; name the folder that holds it")
    sys.path.insert(0, str(project))
    module = importlib.import_module("app")
    if not hasattr(module, "app"):
        raise BadProject(str(project), "app.py defines no name 'app'")
    return module.app


@contextmanager
def loaded_app(project: Path) -> Iterator[Any]:
    """Import the app for the length of a `with` block, then forget its modules."""
    path, forgotten = list(sys.path), _forget()
    try:
        yield load_app(project)
    finally:
        sys.path[:] = path
        _forget()
        sys.modules.update(forgotten)


def _forget() -> dict[str, Any]:
    ours = [name for name in sys.modules if name.split(".")[0] in _SHARED_NAMES]
    return {name: sys.modules.pop(name) for name in ours}
