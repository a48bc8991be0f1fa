"""A large data set goes in and out in pieces, and the server's memory stays that of a piece.

TRIVET_LARGE_BYTES sets the size; `make bench ONLY=datalake_uploads` does the same with 1 GiB.
"""

import os
import sys
from pathlib import Path

import pytest

from bench import datalake_uploads

SIZE = int(os.environ.get("TRIVET_LARGE_BYTES", 256 << 20))
MOST_MEBIBYTES = 16


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the memory")
def test_the_servers_memory_does_not_grow_with_the_data_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    up, down = datalake_uploads.grown(tmp_path, SIZE)
    with capsys.disabled():
        sys.stdout.write(f"\n{SIZE >> 20} MiB: the server grew by {up} MiB in, {down} MiB out\n")
    assert up <= MOST_MEBIBYTES
    assert down <= MOST_MEBIBYTES
