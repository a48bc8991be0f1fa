"""What the rule of a listener compares, and where it stands among the others.

It has no kind of its own: `listener_rule` uses it.
"""

from collections.abc import Iterator

from .. import exposure, naming
from ..model import Http, Project, Workload
from ..resource import Value
from ..routing import INTERNAL
from . import load_balancer

LAST_PRIORITY = 50000
# Longer paths are asked first: each character brings a rule forward by this much.
STEP = 100
LONGEST_FIRST = 40000
WILD_LATER = 5000


def hosts(project: Project, workload: Workload, rule: Http) -> tuple[Value, ...]:
    """Return the host names that a rule compares, the internal load balancer's own among them."""
    named = exposure.hosts(project, workload, rule)
    if workload.balancer == INTERNAL and not rule.aliases and named:
        return (load_balancer.attribute(project, "DNSName", INTERNAL), *named)
    return named


def conditions(project: Project, workload: Workload, rule: Http) -> Iterator[Value]:
    """Yield the conditions in Copilot's order."""
    named = hosts(project, workload, rule)
    if rule.source_ips:
        yield {"Field": "source-ip", "SourceIpConfig": {"Values": rule.source_ips}}
    if named:
        yield {"Field": "host-header", "HostHeaderConfig": {"Values": named}}
    yield {"Field": "path-pattern", "PathPatternConfig": {"Values": patterns(rule.path)}}


def patterns(path: str) -> tuple[str, ...]:
    """Return the patterns that cover a path and all below it.

    >>> patterns("/"), patterns("/api")
    (('/*',), ('/api', '/api/*'))
    """
    return ("/*",) if path == "/" else (path, f"{path}/*")


def priority(path: str, hosts: tuple[Value, ...] = (), name: str = "") -> int:
    """Return where a rule stands: longer paths first, any name of a domain and `/` last.

    Rules that may stand anywhere among each other are spread by their names, so that few want one
    place.

    >>> priority("/api/v2") < priority("/api") < priority("/", ("a.example",)) < priority("/")
    True
    >>> priority("/", ("a.example",)) < priority("/api", ("*.example",)) < priority("/")
    True
    """
    if path == "/" and not hosts:
        return LAST_PRIORITY
    wild = WILD_LATER if any(str(it).startswith("*") for it in hosts) else 0
    spread = int(naming.short_hash(name), 16) % STEP if name else 0
    return max(1, LONGEST_FIRST + wild - STEP * len(path)) + spread
