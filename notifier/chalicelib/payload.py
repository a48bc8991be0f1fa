"""Read typed values out of a JSON document that somebody else wrote.

Pure. Every value is checked where it is read; a document cannot raise anything but BadPayload.
"""

import json
from typing import Any, NoReturn

from .delivery import Delivery
from .errors import BadPayload

FORM = "application/x-www-form-urlencoded"
MAX_TEXT = 300  # characters; an event must stay far below what a queue takes
MAX_NUMBER = 2**63


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def clean(value: str, limit: int = MAX_TEXT) -> str:
    r"""Bound a text, and replace what UTF-8 cannot carry (half of a surrogate pair).

    >>> clean("\ud83d half")
    '? half'
    """
    return value[:limit].encode("utf-8", "replace").decode("utf-8")


class Payload:
    """A JSON object; `name` is what its problems are reported under."""

    def __init__(self, *, name: str, document: dict[str, Any]) -> None:
        self.name = name
        self.document = document

    def text(self, path: str, default: str | None = None, limit: int = MAX_TEXT) -> str:
        """Return the text at `a.b.c`; null and absent are `default`, or a problem without one."""
        value = self._at(path)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self._problem(path, value, "text")
        return clean(value, limit)

    def number(self, path: str, default: int | None = None) -> int:
        """Return the whole number at `a.b.c`, at least 0."""
        value = self._at(path)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MAX_NUMBER:
            raise self._problem(path, value, "whole number")
        return value

    def flag(self, path: str, *, default: bool = False) -> bool:
        """Return the truth value at `a.b.c`; null and absent are `default`."""
        value = self._at(path)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._problem(path, value, "truth value")
        return value

    def count(self, path: str) -> int:
        """Return the length of the list at `a.b.c`; null and absent are 0."""
        value = self._at(path)
        if value is None:
            return 0
        if not isinstance(value, list):
            raise self._problem(path, value, "list")
        return len(value)

    def texts(self, path: str) -> tuple[str, ...]:
        """Return the texts of the list at `a.b.c`; null and absent are an empty list."""
        values = self._at(path)
        if values is None:
            return ()
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self._problem(path, values, "list of texts")
        return tuple(clean(value) for value in values)

    def has(self, path: str) -> bool:
        """Tell whether there is anything but null at `a.b.c`."""
        return self._at(path) is not None

    def inside(self, path: str) -> "Payload":
        """Return the object at `a.b.c`."""
        value = self._at(path)
        if not isinstance(value, dict):
            raise self._problem(path, value, "object")
        return Payload(name=self.name, document=value)

    def items(self, path: str) -> tuple["Payload", ...]:
        """Return the objects of the list at `a.b.c`; null and absent are an empty list."""
        values = self._at(path)
        if values is None:
            return ()
        if not isinstance(values, list):
            raise self._problem(path, values, "list")
        if not all(isinstance(value, dict) for value in values):
            raise BadPayload(self.name, f"{path} has something else than objects in it")
        return tuple(Payload(name=self.name, document=value) for value in values)

    def time(self, path: str, default: int | None = None) -> int:
        """Return the time at `a.b.c` in milliseconds since 1970: ISO 8601, or as GitLab writes it.

        >>> Payload(name="", document={"at": "2026-11-22 10:02:03 UTC"}).time("at")
        1795341723000
        """
        from datetime import UTC, datetime  # not every delivery has a time to read

        text = self.text(path, "" if default is not None else None)
        if not text and default is not None:
            return default
        try:
            time = datetime.fromisoformat(text.replace(" UTC", "+00:00"))
        except ValueError as error:
            raise BadPayload(self.name, f"{path} is no time: {text[:40]!r}") from error
        seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
        return max(0, round(seconds * 1000))

    def numbers(self, path: str, length: int) -> tuple[int, ...]:
        """Return the list of exactly `length` whole numbers at `a.b.c`."""
        values = self._at(path)
        if not isinstance(values, list) or len(values) != length:
            raise self._problem(path, values, f"list of {length} numbers")
        if not all(type(value) is int and 0 <= value < MAX_NUMBER for value in values):
            raise self._problem(path, values, f"list of {length} whole numbers")
        return tuple(values)

    def _at(self, path: str) -> Any:
        value: Any = self.document
        for step in path.split("."):
            if value is None:
                return None
            if not isinstance(value, dict):
                raise self._problem(path, value, "value inside an object")
            value = value.get(step)
        return value

    def _problem(self, path: str, value: object, wanted: str) -> BadPayload:
        found = "missing" if value is None else f"a {type(value).__name__}"
        return BadPayload(self.name, f"{path} is {found}, expected a {wanted}")


def payload_of(body: bytes, *, name: str) -> Payload:
    """Decode a JSON object; raises BadPayload."""
    try:
        document = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadPayload(name, "the body is not UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadPayload(name, f"the body is not JSON: {where}") from error
    except (ValueError, RecursionError) as error:
        raise BadPayload(name, "the body is not JSON") from error
    if not isinstance(document, dict):
        raise BadPayload(name, "the body is not a JSON object")
    return Payload(name=name, document=document)


def payload_in(delivery: Delivery, *, name: str) -> Payload:
    """Decode a delivery: JSON, or a form with the JSON in its one field `payload`."""
    return payload_of(document_in(delivery, name=name), name=name)


def document_in(delivery: Delivery, *, name: str) -> bytes:
    """Return the JSON of a delivery, not decoded yet; raises BadPayload."""
    if not delivery.header("content-type").lower().startswith(FORM):
        return delivery.body
    from urllib.parse import parse_qs  # forms are rare: not at every cold start

    try:
        fields = parse_qs(delivery.body.decode("ascii"), errors="strict", max_num_fields=8)
    except ValueError as error:
        raise BadPayload(name, "the body is not a form") from error
    if len(fields.get("payload", [])) != 1:
        raise BadPayload(name, "the form has no field 'payload', or several")
    return fields["payload"][0].encode()
