"""What `copilot/trivet.yml` says of a project besides its manifests.

Pure values; a missing file gives what stands here as the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """In which account and region an environment lives; None where it is not said.

    `profile` names credentials of the AWS configuration.
    """

    account: str | None = None
    region: str | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for all workloads.

    With `copilot_defaults` a missing field means what it meant to Copilot; `exports` are the
    values that `from_cfn` may name without asking an account, `outputs` the variables that a
    workload's addons would give it; `domain` is the application's, `boundary` the policy that
    limits every role.
    """

    copilot_defaults: bool = False
    exports: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: Where = field(default_factory=Where)
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str | None = None
    domain: str | None = None
