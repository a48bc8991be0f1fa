"""Name what can go wrong with a link.

    Refusal
    ├── BadLink         400
    ├── LinksOff        403
    ├── NoSuchLink      404
    ├── LinkExpired     410
    └── LinkSpent       410

As for all refusals, `str()` of one goes to the client.
"""

from .errors import Refusal


class BadLink(Refusal):
    """The order of a link is none; `problems` holds every reason at once."""

    status, code = 400, "bad-link"

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("no link can be made of this: " + "; ".join(problems))


class LinksOff(Refusal):
    """This lake has no key that links could be signed with."""

    status, code = 403, "links-off"

    def __init__(self) -> None:
        super().__init__("this data lake makes no links; who runs it has to set DATALAKE_LINK_KEY")


class NoSuchLink(Refusal):
    """The link is not one of ours; it is not said why."""

    status, code = 404, "no-such-link"

    def __init__(self) -> None:
        super().__init__("there is no such link")


class LinkExpired(Refusal):
    """The link was ours; its time is over."""

    status, code = 410, "link-expired"

    def __init__(self) -> None:
        super().__init__("the link has expired; ask for a new one")


class LinkSpent(Refusal):
    """The link was good for one use, which was made."""

    status, code = 410, "link-spent"

    def __init__(self) -> None:
        super().__init__("the link was good for one use, and was used; ask for a new one")
