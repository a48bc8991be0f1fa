"""Write into docs/security.md who may do what, from the generated policies.

`python -m tests.platform_deploy.security_page` does so; a test compares the page.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from platform_deploy import apps, policies

PAGE = policies.ROOT / "docs" / "security.md"
BEGIN, END = "<!-- rights: tests/platform_deploy/security_page.py -->\n", "<!-- end of rights -->\n"
LOGS = "Logs"  # what every function has, said once in the text


def filled(page: str) -> str:
    """Return the page with the table as the policies have it now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = ["| app, function | may | on |", "|---|---|---|", *_rows(policies.ROOT)]
    return f"{before}{BEGIN}\n" + "\n".join(rows) + f"\n\n{END}{after}"


def _rows(root: Path) -> Iterator[str]:
    for name in policies.APPS:
        app = apps.read(root / name / "resources.yml", stage="dev")
        for function, document in policies.documents(app).items():
            statements = [it for it in document["Statement"] if it["Sid"] != LOGS]
            for statement in statements:
                yield f"| {name}, `{function}` | {_actions(statement)} | {_on(statement)} |"
            if not statements:
                yield f"| {name}, `{function}` | nothing else | |"


def _actions(statement: dict[str, Any]) -> str:
    return ", ".join(f"`{it}`" for it in statement["Action"])


def _on(statement: dict[str, Any]) -> str:
    resources = statement["Resource"]
    listed = resources if isinstance(resources, list) else [resources]
    return ", ".join(f"`{it.removeprefix('arn:aws:')}`" for it in listed)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
