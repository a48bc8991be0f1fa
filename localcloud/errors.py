"""The errors of the local cloud.

LocalCloudError
├── EmulatorFailed     ministack did not start, or died
├── PortInUse          the asked-for port belongs to somebody else
├── BadProject         a Chalice project that cannot be imported
└── EngineMissing      no Docker engine answers
"""


class LocalCloudError(Exception):
    """Anything that keeps the local cloud from doing its job: where, what, what to try."""


class EmulatorFailed(LocalCloudError):
    """Report that ministack did not come up, or went away."""

    def __init__(self, what: str, *, log: str) -> None:
        self.log = log
        super().__init__(f"emulated AWS: {what}. Its last words are in {log}")


class PortInUse(LocalCloudError):
    """Report that a port on 127.0.0.1 is taken."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(
            f"port {port} on 127.0.0.1 is in use. Stop what listens there, "
            "or leave the port out so that a free one is chosen"
        )


class BadProject(LocalCloudError):
    """Report a Chalice project that cannot be imported."""

    def __init__(self, project: str, why: str) -> None:
        self.project = project
        super().__init__(f"Chalice project {project}: {why}")


class EngineMissing(LocalCloudError):
    """Report that no Docker engine answers."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"no Docker engine answers ({why}). Start Docker, or set DOCKER_HOST to its socket; "
            "without one Trivet shows the control plane only"
        )
