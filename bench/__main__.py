"""Run the benchmarks and print them as a table, then as JSON."""

import argparse
import importlib
import json
import platform
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

PARTS = ("notifier", "datalake", "datalake_uploads", "platform_deploy", "fleet", "makespan")


def table(rows: list[dict[str, Any]]) -> Table:
    """Return the rows as a table for people."""
    shown = Table("part", "measured", "value", "limit", "", title=None)
    for row in rows:
        mark = {True: "met", False: "MISSED", None: ""}[row["ok"]]
        limit = f"≤ {row['limit']}" if isinstance(row["limit"], int | float) else row["limit"] or ""
        shown.add_row(row["part"], row["name"], f"{row['value']} {row['unit']}", limit, mark)
    return shown


def main() -> int:
    """Measure the named parts, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"any of {', '.join(PARTS)} (default: all)")
    asked = parser.parse_args().part or list(PARTS)
    unknown = sorted(set(asked) - set(PARTS))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    rows = []
    for part in asked:
        print(f"measuring {part} …", file=sys.stderr)
        rows += [{"part": part} | row for row in importlib.import_module(f"bench.{part}").run()]
    width = None if sys.stdout.isatty() else 140
    Console(width=width).print(table(rows))
    print(json.dumps({"python": platform.python_version(), "rows": rows}, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
