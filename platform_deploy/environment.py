"""Read the environment's manifest: what all its workloads share.

Pure. What is wrong is noted with the fields.
"""

from dataclasses import dataclass, field

from . import schema
from .fields import Fields
from .network import Network, network


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What all workloads of an environment share; without a manifest, as it stands here."""

    container_insights: bool = False
    network: Network = field(default_factory=Network)


def environment(fields: Fields) -> Environment:
    """Return what the environment's manifest says."""
    if fields.text("type") != schema.ENVIRONMENT:
        fields.complain(fields.line("type"), f"type must be {schema.ENVIRONMENT}")
    return Environment(
        container_insights=fields.boolean("observability.container_insights", default=False),
        network=network(fields),
    )
