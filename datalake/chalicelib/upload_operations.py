"""The sentence for uploads: who may write which key, how far it is, what comes next.

Knows neither Chalice nor the kind of store.
"""

from . import naming, tus
from .errors import BadBody
from .key import parse_key, parse_prefix
from .reply import Reply
from .request import Request
from .rights import WRITE, Grants
from .upload_errors import BadUpload, NoSuchUpload
from .uploads import MAX_UPLOAD_BYTES, Plan, Upload, Uploads


def on_uploads(request: Request, *, grants: Grants, uploads: Uploads) -> Reply:
    """Begin an upload, with its first piece where the body is one; raises Refusal."""
    tus.require_version(request.fields)
    given = tus.metadata(request.fields["upload-metadata"]) if _has_metadata(request) else {}
    key = parse_key(given["key"]) if "key" in given else naming.fresh(parse_prefix(""))
    grants.require(WRITE, key)
    plan = Plan(
        key=key,
        size=tus.number(request.fields, "upload-length", at_most=MAX_UPLOAD_BYTES),
        record=tus.record_of(given),
        owner=grants.who,
        conditions=request.conditions,
    )
    content = request.body()
    if content and not tus.carries_content(request.fields):
        raise BadBody(f"the first piece of an upload comes as {tus.MEDIA_TYPE}")
    tus.check(request.fields.get("upload-checksum"), content)
    upload = uploads.create(plan)
    if content:
        upload = uploads.append(upload.id, 0, content)
    return tus.created(upload, below=request.path)


def on_upload(request: Request, upload_id: str, *, grants: Grants, uploads: Uploads) -> Reply:
    """Answer how far an upload is, go on with it, or give it up; raises Refusal."""
    tus.require_version(request.fields)
    upload = _own(uploads, upload_id, grants)
    match request.fields.get("x-http-method-override", request.method).strip().upper():
        case "PATCH":
            return _append(request, upload, uploads)
        case "DELETE":
            uploads.remove(upload.id)
            return tus.removed()
        case "HEAD":
            return tus.found(upload)
        case _:
            raise BadUpload("POST to an upload says in X-HTTP-Method-Override what it means")


def _append(request: Request, upload: Upload, uploads: Uploads) -> Reply:
    tus.require_content(request.fields)
    offset = tus.number(request.fields, "upload-offset", at_most=MAX_UPLOAD_BYTES)
    content = request.body()
    tus.check(request.fields.get("upload-checksum"), content)
    return tus.appended(uploads.append(upload.id, offset, content))


def _own(uploads: Uploads, upload_id: str, grants: Grants) -> Upload:
    """Return the upload; somebody else's is not there."""
    upload = uploads.find(upload_id)
    if upload.plan.owner != grants.who:
        raise NoSuchUpload
    grants.require(WRITE, upload.plan.key)
    return upload


def _has_metadata(request: Request) -> bool:
    """Tell whether there is any: a client without it may send an empty field."""
    return bool(request.fields.get("upload-metadata", "").strip())
