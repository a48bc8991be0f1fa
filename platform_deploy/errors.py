"""The errors of the deployer: where, what, what to try.

DeployError
├── BadManifest        every problem of the project's files at once
├── NotConfigured      no region, no credentials, no project
├── Refused            a plan that would do something unsafe
│   ├── WrongAccount   credentials of an account that is not the environment's
│   └── Held           another run is changing the same things
├── AwsError           an answer of AWS that is not the wanted one
│   ├── NotFound
│   ├── AlreadyExists
│   ├── NotAllowed
│   ├── StillInUse     something else must go first
│   ├── Throttled      not executed; may be sent again
│   └── Unclear        nobody knows whether it was executed
├── AllNotAllowed      several things that may not be read
├── DockerFailed       the docker command ended with an error
├── ChaliceFailed      the program Chalice did not do what it was asked
├── ApplyFailed        some changes were made, some not
├── NotSteady          the resources exist, but no task of our revision runs
└── Interrupted        Ctrl-C
"""

import json
import re
from dataclasses import dataclass
from typing import NamedTuple

LACKS_PERMISSION = ("AccessDenied", "Unauthorized")  # how AWS's codes for it begin


class Place(NamedTuple):
    """Where something stands in a file; both count from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing wrong in one file; `is_error` is false for what is only worth a look."""

    file: str
    line: int = 1
    column: int = 1
    text: str
    is_error: bool = True

    def __str__(self) -> str:
        mark = "" if self.is_error else "warning: "
        return f"{self.file}:{self.line}:{self.column}: {mark}{self.text}"


class DeployError(Exception):
    """Anything that keeps the deployer from doing what was asked; `exit_code` is the process's."""

    exit_code = 1


class BadManifest(DeployError):
    """Report all problems of a project's files together."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        errors = sum(problem.is_error for problem in problems)
        noun = "problem" if errors == 1 else "problems"
        lines = [str(problem) for problem in sorted(problems)]
        super().__init__("\n".join([*lines, f"{errors} {noun}; nothing was changed"]))


class NotConfigured(DeployError):
    """Report something that has to be set before anything can be done."""

    exit_code = 2


class Refused(DeployError):
    """Report a plan that is not carried out, with every reason."""

    exit_code = 4

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(f"refused: {reason}" for reason in reasons))


class WrongAccount(Refused):
    """Report credentials of the account `found` for an environment that lives in `wanted`."""

    def __init__(self, *, found: str, wanted: str) -> None:
        self.found, self.wanted = found, wanted
        super().__init__(
            (
                f"these credentials belong to account {found}, but copilot/trivet.yml says that "
                f"the environment lives in {wanted}; use other credentials, or another --env",
            )
        )


class Held(Refused):
    """Report `who` holds the lease of the same things, with which `command`, since `seconds`."""

    def __init__(self, *, scope: str, who: str, command: str, seconds: float) -> None:
        self.scope, self.who, self.command, self.seconds = scope, who, command, seconds
        super().__init__(
            (
                f"the lease of {scope} is held by {who} ({command}) for {seconds:.0f} s; "
                "wait for it to end, or take it over with --force lease",
            )
        )


class AwsError(DeployError):
    """Report an answer of AWS: `action` as IAM spells it, AWS's `code`, what it `said`."""

    hint = "see what AWS says, then run the same command again: what is done stays done"

    def __init__(self, *, action: str, code: str, said: str, about: str = "") -> None:
        self.action, self.code, self.said, self.about = action, code, said, about
        subject = f" for {about}" if about else ""
        super().__init__(f"{action}{subject}: {code}: {said.rstrip('.')}. Try: {self.hint}")


class NotFound(AwsError):
    """Report that the thing does not exist."""


class AlreadyExists(AwsError):
    """Report that a thing of this name exists."""

    hint = "remove or rename what is there; Trivet changes only what carries its tags"


class NotAllowed(AwsError):
    """Report that the credentials may not do this; never the same as not found."""

    def __init__(self, *, action: str, code: str, said: str, about: str = "") -> None:
        missing, self.resource = _denied(said) or (action, None)
        self.statement = _allowing(missing, self.resource)
        self.hint = f"allow it to these credentials with {self.statement}, or use other credentials"
        if not code.startswith(LACKS_PERMISSION):
            self.hint = "use other credentials; these are not valid, or not any more"
        super().__init__(action=action, code=code, said=said, about=about)

    @property
    def is_of_one_action(self) -> bool:
        """Tell whether these credentials are valid and other actions may be allowed to them."""
        return self.code.startswith(LACKS_PERMISSION)


class AllNotAllowed(DeployError):
    """Report all that the credentials may not read, so that it can be allowed at once."""

    def __init__(self, errors: tuple[NotAllowed, ...]) -> None:
        self.statements = tuple(sorted({it.statement for it in errors}))
        super().__init__("\n".join(sorted({str(it) for it in errors})))


def permission_in(said: str) -> str:
    """Return what would allow what AWS refused, by what another program tells of it, or nothing.

    Programs wrap lines, at hyphens too.
    """
    found = _denied(re.sub(r"-\n\s*", "-", said))
    return f"allow it to these credentials with {_allowing(*found)}" if found else ""


def _denied(said: str) -> tuple[str, str | None] | None:
    """Return the action that AWS says is not allowed, and the ARN where it says that."""
    action = r"not\s+authorized\s+to\s+perform:\s+([\w-]+:\w+)"
    found = re.search(rf"{action}(?:\s+on\s+resource:\s+(arn:\S+))?", said)
    return (found[1], found[2].rstrip(".,") if found[2] else None) if found else None


def _allowing(action: str, resource: str | None) -> str:
    return json.dumps({"Effect": "Allow", "Action": action, "Resource": resource or "*"})


class StillInUse(AwsError):
    """Report that something else still uses the thing."""

    hint = "remove what uses it, then run the same command again"


class Throttled(AwsError):
    """Report that AWS wants fewer requests; the request was not executed."""

    hint = "run the same command again in a minute"


class Unclear(AwsError):
    """Report that no answer came, so that nobody knows whether the request took effect."""

    hint = "check the network and AWS_ENDPOINT_URL, then run the same command again"


class DockerFailed(DeployError):
    """Report a `command` that failed, and the end of what it `said`."""

    def __init__(self, command: str, said: str) -> None:
        self.command, self.said = command, said
        super().__init__(f"{command} failed:\n{said}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One change that failed, and why."""

    what: str
    why: str


class ChaliceFailed(DeployError):
    """Report a command of Chalice that failed, with the end of what it `said`."""

    def __init__(self, *, command: str, said: str) -> None:
        self.command, self.said = command, said[-2000:].strip()
        hint = permission_in(said) or "mend what it says"
        super().__init__(f"{command} failed:\n{self.said}\nTry: {hint}, then run it again")


class ApplyFailed(DeployError):
    """Report how far a run came before something failed."""

    def __init__(
        self,
        *,
        done: tuple[str, ...],
        failed: tuple[Failure, ...],
        not_begun: tuple[str, ...],
    ) -> None:
        self.done, self.failed, self.not_begun = done, failed, not_begun
        lines = [f"failed: {failure.what}\n  {failure.why}" for failure in failed]
        lines += [f"not begun: {what}" for what in not_begun]
        lines.append(
            f"{len(done)} done, {len(failed)} failed, {len(not_begun)} not begun; "
            "the same command again does the rest"
        )
        super().__init__("\n".join(lines))


class NotSteady(DeployError):
    """Report services whose tasks do not run."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


class Interrupted(DeployError):
    """Report Ctrl-C; what was under way has ended, nothing new was started."""

    exit_code = 130

    def __init__(self, *, done: int, not_begun: int) -> None:
        self.done, self.not_begun = done, not_begun
        super().__init__(
            f"interrupted: {done} done, {not_begun} not begun; the same command again does the rest"
        )
