"""The errors of the notifier.

NotifierError
├── UnknownForge      no file in forges/ speaks for that name
├── BadSignature      missing, malformed or wrong; the answer never says which
├── BadPayload        verified, but not what the forge sends
├── TooLarge          more bytes than a delivery may have
├── NoSecret          nothing to verify with: refused, never "no check"
├── BadRules          the rules file: every problem at once
├── Contended         others kept changing the same pipeline's memory
└── AwsFailed         AWS did not do what was asked
    ├── NotAllowed    it refused: permissions
    ├── NotFound      the queue, table or parameter does not exist
    ├── Refused       a write's condition did not hold
    ├── Conflict      a transaction met another on the same item
    ├── Unreachable   no answer
    └── NotConfigured no region, no credentials

Facts are attributes; the text says where, what, and what to try.
"""

from typing import Any


class NotifierError(Exception):
    """Anything that keeps a delivery from becoming a message."""


class UnknownForge(NotifierError):
    """Report a forge that no file in forges/ speaks for."""

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"forge {name!r} is unknown; there is: {', '.join(known)}")


class BadSignature(NotifierError):
    """Report a delivery that is not proved to come from the forge; `why` is for the log only."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"signature: {why}")


class BadPayload(NotifierError):
    """Report a body that is not what the forge sends."""

    def __init__(self, where: str, what: str) -> None:
        self.where = where
        self.what = what
        super().__init__(f"{where}: {what}")


class TooLarge(NotifierError):
    """Report a body over the limit; both figures are bytes."""

    def __init__(self, size: int, *, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(f"body: {size} bytes, at most {limit} are taken")


class NoSecret(NotifierError):
    """Report that a forge's deliveries cannot be verified; `places` is where a secret may be."""

    def __init__(self, forge: str, *, places: tuple[str, ...]) -> None:
        self.forge = forge
        self.places = places
        super().__init__(
            f"{forge}: no webhook secret is configured. Set {' or '.join(places)} "
            "to the secret that the forge's webhook was given"
        )


class BadRules(NotifierError):
    """Report every problem of a rules file, each with its line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Contended(NotifierError):
    """Report that a claim was refused again and again; the queue delivers the event once more."""

    def __init__(self, key: str, *, tries: int) -> None:
        self.key = key
        self.tries = tries
        super().__init__(f"memory of {key}: changed by others during {tries} tries; try again")


class AwsFailed(NotifierError):
    """Report that AWS did not do what was asked; `code` is AWS's own word."""

    advice = "try again; the code stands in the service's API reference"

    def __init__(self, action: str, *, code: str) -> None:
        self.action = action
        self.code = code
        super().__init__(f"{action}: {code}; {self.advice}")


class NotAllowed(AwsFailed):
    """Report that the credentials may not do this."""

    advice = "allow the action in the function's policy (.chalice/)"


class NotFound(AwsFailed):
    """Report that the queue, table or parameter does not exist."""

    advice = "create it (notifier/resources.yml), or correct its name in the environment"


class Refused(AwsFailed):
    """Report a write whose condition did not hold; `item` is what stands there, if it came back."""

    def __init__(self, action: str, *, code: str, item: dict[str, Any]) -> None:
        self.item = item
        super().__init__(action, code=code)


class Conflict(AwsFailed):
    """Report a transaction that met another on the same item."""


class Unreachable(AwsFailed):
    """Report that AWS gave no answer."""

    advice = "check the network and AWS_ENDPOINT_URL"


class NotConfigured(AwsFailed):
    """Report that there is no region or there are no credentials."""

    advice = "set AWS_DEFAULT_REGION and AWS_PROFILE (or AWS_ACCESS_KEY_ID and its secret)"
