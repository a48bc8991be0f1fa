"""Wait for what EC2 makes in the background.

It makes nothing itself.
"""

from contextlib import suppress

from .aws import Account
from .errors import AwsError, NotFound
from .resource import Attributes

GONE = ("deleting", "deleted", "failed", "rejected", "expired")
POLL = 3.0  # seconds between two looks at what is made in the background
POLLS = 200


def until_available(account: Account, action: str, identify: str, found: str) -> Attributes:
    """Wait for what EC2 makes in the background; raises AwsError when that fails."""
    key, code, said = action.removeprefix("Describe"), "TimedOut", "it is still not available"
    for _ in range(POLLS):
        with suppress(NotFound):  # listings lag behind
            (answer,) = account.read("ec2", action, **{f"{identify}s": [found]})[key]
            if answer["State"].lower() == "available":
                return {identify: found}
            if answer["State"].lower() in GONE:
                code, said = answer["State"], answer.get("FailureMessage", f"{found} failed")
                break
        account.sleep(POLL)
    raise AwsError(action=f"ec2:{action}", code=code, said=said)
