"""Know which refusals of AWS pass by themselves: what was made a moment ago is not seen everywhere.

Pure: the table `lags`. Deletions that something still holds up are waited for elsewhere.
"""

from dataclasses import dataclass

from .tables import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """A refusal that passes: the action, AWS's code, words it says, the longest wait in seconds."""

    action: str
    code: str
    says: str
    longest: float


LAGS = tuple(Lag(**row) for row in table("lags")["lag"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What must be ready before AWS takes it: seconds between looks, and the longest wait."""

    pause: float
    longest: float


# A certificate is issued once ACM has found its records, mostly within minutes; a listener takes no
# other. As long as botocore's own waiter (CertificateValidated):
# https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
CERTIFICATE = Wait(pause=2.0, longest=2400.0)


def longest_wait(action: str, code: str, said: str) -> float:
    """Return for how many seconds a refused request is worth sending again; 0 if not at all."""
    return max(
        (
            lag.longest
            for lag in LAGS
            if (lag.action, lag.code) == (action, code) and lag.says in said.lower()
        ),
        default=0.0,
    )
