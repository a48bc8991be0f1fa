"""Guess a data set's content type from its name.

The table is Python's own plus what lakes hold; the machine's `mime.types` is not asked, so
that the answer is the same everywhere.
"""

import functools

UNKNOWN = "application/octet-stream"

_ADDED = {
    ".bz2": "application/x-bzip2",
    ".gz": "application/gzip",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".xz": "application/x-xz",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}


def guess(name: str) -> str:
    """Return the content type that the name's last suffix stands for."""
    _, dot, suffix = name.rpartition(".")
    return _types().get(f".{suffix.lower()}", UNKNOWN) if dot else UNKNOWN


@functools.cache
def _types() -> dict[str, str]:
    from mimetypes import MimeTypes  # 4 ms that the start of the process need not wait for

    return MimeTypes(filenames=()).types_map[True] | _ADDED
