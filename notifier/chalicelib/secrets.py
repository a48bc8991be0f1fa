"""Hold the live secrets of each forge: from the environment, or from AWS for a limited time.

It never answers "none": a forge without a secret is NoSecret. It knows no AWS: the function that
fetches from SSM, or from Secrets Manager, is handed in.
"""

from collections.abc import Callable

from .errors import NoSecret, NotFound
from .settings import Settings, secret_variable

MAX_AGE = 300.0  # seconds; a rotated secret is known after that
MISSING_AGE = 20.0  # seconds; strangers may name a forge without one as often as they like


class Secrets:
    """The live secrets; `fetch` gives the text of a name, None where there is nobody to ask."""

    def __init__(
        self,
        settings: Settings,
        *,
        fetch: Callable[[str], str] | None,
        clock: Callable[[], float],
    ) -> None:
        self._configured = dict(settings.secrets)
        self._prefix = settings.secrets_manager or settings.parameters
        self._store = "secret" if settings.secrets_manager else "SSM parameter"
        self._fetch = fetch
        self._clock = clock
        self._fetched: dict[str, tuple[float, tuple[str, ...]]] = {}

    def of(self, forge: str) -> tuple[str, ...]:
        """Return the forge's secrets, one at least; raises NoSecret and AwsFailed."""
        if forge in self._configured:
            return self._configured[forge]
        variable, name = secret_variable(forge), f"{self._prefix}{forge}-secret"
        place = f"the {self._store} {name}"
        if self._fetch is None:
            raise NoSecret(forge, places=(variable,))
        at, secrets = self._fetched.get(forge, (-MAX_AGE, ()))
        if self._clock() - at >= (MAX_AGE if secrets else MISSING_AGE):
            secrets = _found(self._fetch, name)
            self._fetched[forge] = (self._clock(), secrets)
        if not secrets:
            raise NoSecret(forge, places=(variable, place))
        return secrets


def _found(fetch: Callable[[str], str], name: str) -> tuple[str, ...]:
    try:
        return tuple(fetch(name).split())
    except NotFound:
        return ()
