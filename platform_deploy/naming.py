"""Make the names of AWS resources, and the tags that say whose they are.

Pure. The names follow Copilot's (`<app>-<env>-<svc>`), so that migrated code and dashboards
find what they look for; what AWS limits to fewer characters is cut and keeps a short hash.
"""

import hashlib
import re
from collections.abc import Mapping

APPLICATION = "trivet:application"
ENVIRONMENT = "trivet:environment"
WORKLOAD = "trivet:workload"
NAME_TAG = "Name"  # of what has no other name
APPLIED = "trivet:applied"
HAS = "trivet:has:"  # a kind of resource follows, or an app

HASH_LENGTH = 6
LOAD_BALANCER_LIMIT = 32  # also a target group's
ROLE_LIMIT = 64
QUEUE_LIMIT = 80  # also a state machine's
SCHEDULE_LIMIT = 64
KEPT = 50  # so many signs stay of each name that is cut
FIFO = ".fifo"  # ends the name of a topic or queue that keeps an order
# Copilot's rule for names of applications, environments and workloads.
NAME = re.compile(r"[a-z](?:-?[a-z0-9]+)*")


def short_hash(text: str, length: int = HASH_LENGTH) -> str:
    """Return the first hexadecimal digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def fit(name: str, limit: int) -> str:
    """Return the name, cut to `limit` characters with a hash at its end where it is longer.

    >>> fit("shop-test-api", 32)
    'shop-test-api'
    >>> fit("a-very-long-application-test-api", 20)
    'a-very-long-a-5ed352'
    """
    if len(name) <= limit:
        return name
    return f"{name[: limit - HASH_LENGTH - 1].rstrip('-')}-{short_hash(name)}"


def of_environment(application: str, environment: str) -> str:
    """Return the name of what all workloads of an environment share."""
    return f"{application}-{environment}"


def of_workload(application: str, environment: str, workload: str) -> str:
    """Return the name of what belongs to one workload."""
    return f"{application}-{environment}-{workload}"


def namespace(application: str, environment: str) -> str:
    """Return the private DNS name under which the environment's services find each other."""
    return f"{environment}.{application}.local"


def log_group(application: str, environment: str, workload: str) -> str:
    """Return the name of a workload's log group."""
    return f"/copilot/{of_workload(application, environment, workload)}"


def begins(environment: str) -> str:
    """Return how the names of all that belongs to an environment begin, those cut too."""
    return f"{environment}-"[:KEPT]


def topic(workload: str, name: str) -> str:
    """Return the name of a workload's topic."""
    return f"{workload}-{name}"


def queue(workload: str, part: str, *, is_fifo: bool) -> str:
    """Return the name of a workload's queue; `part` tells its queues apart."""
    end = FIFO if is_fifo else ""
    return fit(f"{workload}-{part}", QUEUE_LIMIT - len(end)) + end


def target_group(name: str, replacing: str) -> str:
    """Return a target group's name, which changes with what cannot be changed in place.

    So a new one is made beside the old, the rules and services move over, and the old one goes:
    a target group that is in use cannot be deleted first.
    """
    suffix = f"-{short_hash(replacing, 4)}"
    return fit(name, LOAD_BALANCER_LIMIT - len(suffix)) + suffix


def target_group_prefix(environment: str) -> str:
    """Return how the names of all target groups of an environment begin."""
    kept = LOAD_BALANCER_LIMIT - 5 - HASH_LENGTH - 1
    return f"{environment}-"[:kept].rstrip("-")


def tags(application: str, environment: str, workload: str | None) -> dict[str, str]:
    """Return the tags that say whose a resource is."""
    shared = {APPLICATION: application, ENVIRONMENT: environment}
    return shared | ({WORKLOAD: workload} if workload else {})


def are_ours(found: Mapping[str, str], application: str, environment: str) -> bool:
    """Tell whether a resource's tags say that it belongs to this environment."""
    return found.get(APPLICATION) == application and found.get(ENVIRONMENT) == environment
