"""What `copilot/trivet.yml` says of a project besides its manifests.

Pure values; a missing file gives what stands here as the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for all workloads.

    With `copilot_defaults` a missing field means what it meant to Copilot; `exports` are the
    values that `from_cfn` may name without asking an account; `domain` is the application's.
    """

    copilot_defaults: bool = False
    exports: Mapping[str, str] = field(default_factory=dict)
    domain: str | None = None
