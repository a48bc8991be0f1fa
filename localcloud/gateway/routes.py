"""Find the resource that serves a method and a path, and its path parameters.

Pure. Paths are split before they are decoded and decoded once, as API Gateway does it: `%2F` in
a segment stays inside that segment's parameter.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote


class BadPath(ValueError):
    """Report a path whose percent-encoding is not UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The resource (`/files/{name}`) that serves a request, and the decoded parameters."""

    resource: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    resource: str
    segments: tuple[str, ...]
    is_greedy: bool

    @property
    def precedence(self) -> tuple[bool, tuple[bool, ...], str]:
        # A fixed segment goes before a parameter, and both go before a greedy parameter.
        return self.is_greedy, tuple(_is_parameter(s) for s in self.segments), self.resource


class RouteTable:
    """The resources of one API, by method."""

    def __init__(self, resources: Mapping[str, Iterable[str]]) -> None:
        """Take the methods of each resource, as `{"/files/{name}": ["GET", "PUT"]}`."""
        self._exact: dict[tuple[str, int], list[_Pattern]] = defaultdict(list)
        self._greedy: dict[str, list[_Pattern]] = defaultdict(list)
        for resource, methods in resources.items():
            pattern = _pattern(resource)
            for method in methods:
                if pattern.is_greedy:
                    self._greedy[method].append(pattern)
                else:
                    self._exact[method, len(pattern.segments)].append(pattern)
        for patterns in (*self._exact.values(), *self._greedy.values()):
            patterns.sort(key=lambda pattern: pattern.precedence)

    def match(self, method: str, path: str) -> Match | None:
        """Return the resource that serves the method at the path; raises BadPath."""
        segments = _split(path)
        try:
            values = tuple(unquote(segment, errors="strict") for segment in segments)
        except UnicodeDecodeError as error:
            raise BadPath(path) from error
        for pattern in self._exact.get((method, len(segments)), ()):
            if _fits(pattern.segments, values):
                return _matched(pattern, values)
        for pattern in self._greedy.get(method, ()):
            fixed = len(pattern.segments) - 1
            if len(values) > fixed and _fits(pattern.segments[:-1], values[:fixed]):
                return _matched(pattern, (*values[:fixed], "/".join(values[fixed:])))
        return None


def _split(path: str) -> tuple[str, ...]:
    # API Gateway drops one trailing slash; the root is the path without segments.
    segments = path.removeprefix("/").split("/")
    return tuple(segments[:-1] if segments[-1] == "" else segments)


def _pattern(resource: str) -> _Pattern:
    segments = _split(resource)
    is_greedy = bool(segments) and segments[-1].endswith("+}")
    return _Pattern(resource=resource, segments=segments, is_greedy=is_greedy)


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def _fits(segments: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return all(
        bool(value) if _is_parameter(segment) else segment == value
        for segment, value in zip(segments, values, strict=True)
    )


def _matched(pattern: _Pattern, values: tuple[str, ...]) -> Match:
    named = zip(pattern.segments, values, strict=True)
    parameters = tuple((s[1:-1].rstrip("+"), value) for s, value in named if _is_parameter(s))
    return Match(resource=pattern.resource, parameters=parameters)
