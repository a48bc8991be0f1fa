"""Read the environment's manifest: what all its workloads share.

Pure. What is wrong is noted with the fields.
"""

from dataclasses import dataclass, field

from . import schema
from .fields import Fields
from .network import VPC, ImportedVpc, Network, OwnVpc, Tagged, network
from .routing import INTERNAL, PUBLIC, Entrance, entrance


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What all workloads of an environment share; without a manifest, as it stands here."""

    container_insights: bool = False
    network: Network = field(default_factory=Network)
    public: Entrance = field(default_factory=Entrance)
    private: Entrance = field(default_factory=Entrance)

    def entrance(self, balancer: str) -> Entrance:
        """Return how one of the environment's own load balancers is reached."""
        return {PUBLIC: self.public, INTERNAL: self.private}.get(balancer, Entrance())


def environment(fields: Fields) -> Environment:
    """Return what the environment's manifest says."""
    if fields.text("type") != schema.ENVIRONMENT:
        fields.must("type", f"be {schema.ENVIRONMENT}")
    found, private = network(fields), entrance(fields, "http.private")
    _check_places(fields, private.subnets, found.vpc)
    return Environment(
        container_insights=fields.boolean("observability.container_insights"),
        network=found,
        public=entrance(fields, "http.public"),
        private=private,
    )


def _check_places(fields: Fields, subnets: tuple[str, ...], vpc: OwnVpc | ImportedVpc) -> None:
    """Note where the internal load balancer cannot stand."""
    path = "http.private.subnets"
    if subnets and isinstance(vpc, OwnVpc):
        fields.wrong(path, f"only subnets of a network that exists can be named; see {VPC}.id")
    elif isinstance(vpc, ImportedVpc):
        there = (vpc.public, vpc.private)
        known = {name for listed in there if isinstance(listed, tuple) for name in listed}
        if any(isinstance(it, Tagged) for it in there):
            return  # the account knows which they are
        for name in subnets:
            if name not in known:
                fields.wrong(path, f"{name} is none of {VPC}.subnets")
