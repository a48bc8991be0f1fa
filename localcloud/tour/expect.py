"""Say what a step of the tour expected and what it got."""

from collections.abc import Callable

from ..client import Answer
from ..errors import LocalCloudError


class StepFailed(LocalCloudError):
    """Report that a step saw something else than it should."""


def require(condition: bool, what: str) -> None:
    """Raise StepFailed with the sentence unless the condition holds."""
    if not condition:
        raise StepFailed(what)


def expect_status(answer: Answer, status: int, what: str) -> Answer:
    """Return the answer if it has the status; raise StepFailed with its body otherwise."""
    require(
        answer.status == status,
        f"{what}: expected {status}, got {answer.status}: {answer.body[:300]!r}",
    )
    return answer


def wait_until(
    condition: Callable[[], bool], what: str, *, sleep: Callable[[float], None], seconds: float
) -> None:
    """Ask until the condition holds; raise StepFailed after about so many seconds."""
    pause = 0.02
    for _ in range(int(seconds / pause)):
        if condition():
            return
        sleep(pause)
    raise StepFailed(f"{what}: not after {seconds:.0f} s")
