"""Write the audit's lines where Lambda and every server collect them: to standard error.

It decides nothing about what a line says.
"""

import sys


def write(line: str) -> None:
    """Write a line in one piece, so that those of other threads do not mix with it."""
    sys.stderr.write(f"{line}\n")
