"""Check that a workload's tasks have somewhere to stand in the environment's network.

Pure. What is wrong is noted with the fields.
"""

from collections.abc import Iterator

from .environment import Environment
from .fields import Fields
from .model import Workload
from .network import ENDPOINTS, PRIVATE, PUBLIC

PLACEMENT = "network.vpc.placement"
ECR = ".dkr.ecr."


def check(fields: Fields, workload: Workload, shared: Environment) -> None:
    """Note what the environment's network cannot give a workload."""
    for path, text in _wrong(workload, shared):
        fields.wrong(path, text)
    for image in _out_of_reach(workload, shared):
        text = f"{image} is not in ECR, and with network.egress {ENDPOINTS} nothing else is reached"
        fields.complain(fields.line("image"), text, is_error=False)


def _wrong(workload: Workload, shared: Environment) -> Iterator[tuple[str, str]]:
    vpc, at = shared.network.vpc, workload.placement
    if at == PRIVATE and shared.network.way_out == PUBLIC:
        yield PLACEMENT, "private tasks reach nothing where network.egress is public"
    if (at, ()) in ((PRIVATE, vpc.private), (PUBLIC, vpc.public)):
        yield PLACEMENT, f"the environment's manifest lists no {at} subnets"
    if workload.http and vpc.public == ():
        yield "http", "the environment's manifest lists no public subnets for a load balancer"
    if at == PUBLIC and workload.is_on_instances:
        yield "capacity_provider", f"tasks get no public address there; set {PLACEMENT}"


def _out_of_reach(workload: Workload, shared: Environment) -> Iterator[str]:
    if workload.placement == PRIVATE and shared.network.way_out == ENDPOINTS:
        located = (it for it in workload.images if isinstance(it, str))  # the others lie in ECR
        yield from (image for image in located if ECR not in image)
