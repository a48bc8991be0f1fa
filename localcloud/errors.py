"""The errors of the local cloud.

LocalCloudError
├── EmulatorFailed     ministack did not start, or died
├── PortInUse          the asked-for port belongs to somebody else
├── BadProject         a Chalice project that cannot be imported
├── EngineMissing      no Docker engine answers
├── CannotAuthorize    a route whose guard the local gateway cannot check
├── BadSchedule        a schedule expression that cannot be read
├── NoEmulator         event sources, but no emulated AWS to read them from
└── HostFailed         the host of an app did not start
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


class CannotAuthorize(LocalCloudError):
    """Report a route whose guard the local gateway cannot check, and so does not serve."""

    def __init__(self, route: str, why: str) -> None:
        self.route = route
        super().__init__(
            f"route {route} {why}; the local gateway cannot check that and serves no route "
            "unchecked. Guard it with a Chalice or Cognito authorizer, or test it on AWS"
        )


class BadSchedule(LocalCloudError):
    """Report a schedule expression that EventBridge would refuse, or that is not played here."""

    def __init__(self, expression: str, why: str) -> None:
        self.expression = expression
        super().__init__(
            f"schedule {expression!r}: {why}. Write rate(5 minutes) or "
            "cron(minutes hours day-of-month month day-of-week year)"
        )


class NoEmulator(LocalCloudError):
    """Report event sources without an emulated AWS to read them from."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why}. Start the emulated AWS and set AWS_ENDPOINT_URL to its http://127.0.0.1:PORT"
        )


class HostFailed(LocalCloudError):
    """Report that the host of an app did not start, with the reason that it gave."""

    def __init__(self, project: str, why: str, *, log: str) -> None:
        self.log = log
        super().__init__(f"host of {project}: {why} (its output is in {log})")


class EngineFailed(LocalCloudError):
    """Report what a Docker engine said, or that it went away."""

    def __init__(self, host: str, what: str) -> None:
        self.host = host
        self.what = what
        super().__init__(f"Docker engine at {host}: {what}")


class ImageNotBuilt(LocalCloudError):
    """Report an example's image that could not be made."""

    def __init__(self, image: str, why: str, *, base: str | None) -> None:
        self.image = image
        self.base = base
        wanted = f"the base image {base}" if base else "the Dockerfile's own base image"
        super().__init__(
            f"image {image} on {wanted}: {why}. Is the base on this machine or in a registry that "
            "can be reached? TRIVET_EXAMPLE_BASE names another (a Debian or Alpine with python3)"
        )
