"""Send and fetch data sets of any size, and go on where an earlier try ended.

A part of a download is kept beside its target, named by the ETag; an upload is remembered in the
user's cache folder. `Progress` is told of bytes as they are safe.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from datalake.chalicelib.dataset import PIECE_BYTES

from .client import Answer, Client, ClientError, Refused

Progress = Callable[[int, int], None]
"""Called with the bytes that are done and those of the whole."""

_TUS = {"Tus-Resumable": "1.0.0"}
_NOT_THERE = 404


def put(client: Client, source: Path, key: str, *, media_type: str, progress: Progress) -> None:
    """Make the file the data set of this key."""
    size = source.stat().st_size
    progress(0, size)
    if size <= PIECE_BYTES:
        content = source.read_bytes()
        fields = {"Repr-Digest": _digest(hashlib.sha256(content).digest())}
        if media_type:
            fields["Content-Type"] = media_type
        client.ask("PUT", client.dataset(key), fields=fields, body=content)
        progress(size, size)
        return
    _upload(client, source, _metadata(key, media_type), progress)


def get(client: Client, key: str, target: Path, *, progress: Progress) -> None:
    """Make the data set the file, whole or not at all."""
    known = _known(client, key)
    etag, size = known["etag"], int(known["dataset-length"])
    part = target.with_name(f"{target.name}.{etag.strip(chr(34))}.part")
    with part.open("ab") as file:
        done = file.tell()
        progress(done, size)
        while done < size:
            piece = _piece(client, key, etag, done)
            file.write(piece)
            done += len(piece)
            progress(done, size)
    _verify(part, known.get("repr-digest", ""))
    part.replace(target)


def _known(client: Client, key: str) -> Mapping[str, str]:
    try:
        return client.ask("HEAD", client.dataset(key)).fields
    except Refused as refused:
        if not refused.code:  # an answer to HEAD has no body, so one to GET says why
            client.ask("GET", client.dataset(key), fields={"Range": "bytes=0-0"})
        raise


def _piece(client: Client, key: str, etag: str, start: int) -> bytes:
    fields = {"Range": f"bytes={start}-", "If-Match": etag}
    try:
        answer = client.ask("GET", client.dataset(key), fields=fields)
    except Refused as refused:
        if refused.code == "precondition-failed":
            raise ClientError(f"{key} was replaced meanwhile; fetch it again") from refused
        raise
    if answer.status != 206 or not answer.body:
        raise ClientError(f"the lake did not answer with the piece of {key} that was asked for")
    return answer.body


def _verify(part: Path, expected: str) -> None:
    if not expected:
        return
    digest = hashlib.sha256()
    with part.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    if _digest(digest.digest()) != expected:
        part.unlink()
        raise ClientError("what came is not what its digest says; fetch it again")


def _upload(client: Client, source: Path, metadata: str, progress: Progress) -> None:
    size = source.stat().st_size
    remembered = _remembered(client, source, metadata)
    location, offset = _resumed(client, remembered)
    if not location:
        fields = _TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata}
        made = client.ask("POST", f"{client.base}/uploads", fields=fields)
        location, offset = made.fields["location"], 0
        remembered.parent.mkdir(parents=True, exist_ok=True)
        remembered.write_text(location)
    with source.open("rb") as file:
        file.seek(offset)
        progress(offset, size)
        while offset < size:
            content = file.read(PIECE_BYTES)
            if not content:
                raise ClientError(f"{source} became shorter while it was sent")
            offset = _offset(_append(client, location, offset, content))
            progress(offset, size)
    remembered.unlink(missing_ok=True)


def _append(client: Client, location: str, offset: int, content: bytes) -> Answer:
    checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
    fields = _TUS | {
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {checksum}",
    }
    return client.ask("PATCH", location, fields=fields, body=content)


def _resumed(client: Client, remembered: Path) -> tuple[str, int]:
    """Return where an earlier try is and how far; ("", 0) where there is none."""
    try:
        location = remembered.read_text()
        return location, _offset(client.ask("HEAD", location, fields=_TUS))
    except FileNotFoundError:
        return "", 0
    except Refused as refused:
        if refused.status != _NOT_THERE:
            raise
        return "", 0


def _remembered(client: Client, source: Path, metadata: str) -> Path:
    """Return the file that remembers the upload of this very content to this very place."""
    status = source.stat()
    facts = (client.dataset(""), metadata, str(source.resolve()), status.st_size)
    name = hashlib.sha256(repr((*facts, status.st_mtime_ns)).encode()).hexdigest()
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(cache) / "trivet" / "uploads" / name


def _metadata(key: str, media_type: str) -> str:
    given = {"key": key} | ({"type": media_type} if media_type else {})
    return ",".join(f"{n} {base64.b64encode(v.encode()).decode()}" for n, v in given.items())


def _offset(answer: Answer) -> int:
    return int(answer.fields["upload-offset"])


def _digest(sha256: bytes) -> str:
    return f"sha-256=:{base64.b64encode(sha256).decode()}:"
