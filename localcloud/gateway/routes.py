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
    """A resource; `fixed` and `parameters` hold the position and the text of each segment."""

    resource: str
    length: int
    fixed: tuple[tuple[int, str], ...]
    parameters: tuple[tuple[int, str], ...]
    is_greedy: bool

    def match(self, values: tuple[str, ...]) -> Match | None:
        """Return the match with exactly as many decoded segments as the pattern has."""
        for position, text in self.fixed:
            if values[position] != text:
                return None
        parameters = tuple([(name, values[position]) for position, name in self.parameters])
        if not all(value for _, value in parameters):
            return None
        return Match(resource=self.resource, parameters=parameters)


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
                    self._exact[method, pattern.length].append(pattern)
        for patterns in (*self._exact.values(), *self._greedy.values()):
            patterns.sort(key=_shape)

    def match(self, method: str, path: str) -> Match | None:
        """Return the resource that serves the method at the path; raises BadPath."""
        values = _split(path)
        if "%" in path:
            try:
                values = tuple([unquote(segment, errors="strict") for segment in values])
            except UnicodeDecodeError as error:
                raise BadPath(path) from error
        for pattern in self._exact.get((method, len(values)), ()):
            if match := pattern.match(values):
                return match
        for pattern in self._greedy.get(method, ()):
            first = pattern.length - 1
            if len(values) > first and (
                match := pattern.match((*values[:first], "/".join(values[first:])))
            ):
                return match
        return None


def _shape(pattern: _Pattern) -> list[bool]:
    # Sorts a fixed segment before a parameter.
    positions = dict(pattern.parameters)
    return [position in positions for position in range(pattern.length)]


def _split(path: str) -> tuple[str, ...]:
    # API Gateway drops one trailing slash; the root is the path without segments.
    segments = path.removeprefix("/").split("/")
    return tuple(segments[:-1] if segments[-1] == "" else segments)


def _pattern(resource: str) -> _Pattern:
    segments = tuple(enumerate(_split(resource)))
    return _Pattern(
        resource=resource,
        length=len(segments),
        fixed=tuple((n, segment) for n, segment in segments if not segment.startswith("{")),
        parameters=tuple((n, s.strip("{+}")) for n, s in segments if s.startswith("{")),
        is_greedy=resource.endswith("+}"),
    )
