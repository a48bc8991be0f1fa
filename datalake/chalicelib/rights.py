"""Say what a caller may do: rules, and the grants that they make for one caller.

Pure. What no rule allows is denied. Rules are compared with canonical keys only, which `key`
makes; `rights_file` reads rules out of YAML.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import BadKey, NoSuchDataset, NotAllowed
from .key import Key, Prefix, parse_key

LIST, READ, WRITE, DELETE, SHARE = "list", "read", "write", "delete", "share"
VERBS = (LIST, READ, WRITE, DELETE, SHARE)
GROUP, USER, SCOPE = "group", "user", "scope"
WHO = (GROUP, USER, SCOPE)
EVERYBODY = "*"  # the user of a rule for all who are signed in
WHOLE_LAKE = ""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SUBJECT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CLAIM_OF = {GROUP: "cognito:groups", SCOPE: "scope"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A verified identity: Cognito's `sub`, which never changes, and all claims as texts."""

    subject: str
    claims: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def values(self, claim: str) -> tuple[str, ...]:
        """Return what a claim says: one text, several for groups and scopes, none without it."""
        return dict(self.claims).get(claim, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the rights: `template` is a prefix that may hold claims in braces.

    `who` is group, user or scope; it ends in a slash, or is empty for the whole lake.
    """

    who: str
    name: str
    verbs: frozenset[str]
    template: str

    def meets(self, caller: Caller) -> bool:
        """Tell whether the rule speaks of the caller.

        A name like a `sub` is never compared with user names: people may choose those.
        """
        if self.who != USER:
            return self.name in caller.values(_CLAIM_OF[self.who])
        if self.name == EVERYBODY:
            return True
        if _SUBJECT.fullmatch(self.name):
            return self.name == caller.subject
        return self.name in caller.values("cognito:username")

    def prefixes(self, caller: Caller) -> Iterator[str]:
        """Yield the template's prefixes for the caller; none where a claim is missing.

        A claim fills one segment or a part of one: a value that no segment can hold is skipped.
        """
        names = PLACEHOLDER.findall(self.template)
        for values in itertools.product(*(caller.values(name) for name in names)):
            prefix = _filled(self.template, values)
            if not any("/" in value for value in values) and is_folder(prefix):
                yield prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Verbs on everything `below` a folder's prefix, or on the one key that it is."""

    verbs: frozenset[str]
    below: str

    def covers(self, verb: str, key: Key) -> bool:
        """Tell whether the verb may be done to the key."""
        if verb not in self.verbs:
            return False
        is_below = self.below in (WHOLE_LAKE, key.text)
        return is_below or (self.below.endswith("/") and key.text.startswith(self.below))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """All that one caller may do; `who` names the caller in the audit.

    For the holder of a link `max_bytes` bounds a body, and `once` names a link that is used up.
    """

    who: str
    grants: tuple[Grant, ...]
    max_bytes: int | None = None
    once: str = ""

    def may(self, verb: str, key: Key) -> bool:
        """Tell whether the caller may do this to the key."""
        return any(grant.covers(verb, key) for grant in self.grants)

    def require(self, verb: str, key: Key) -> None:
        """Raise unless the caller may do this, whether or not anything has the key.

        NotAllowed where they may read it, NoSuchDataset where they are to see nothing.
        """
        if not self.may(verb, key):
            raise NotAllowed(verb) if self.may(READ, key) else NoSuchDataset

    def listable(self, prefix: Prefix) -> tuple[str, ...]:
        """Return the prefixes below this one whose keys may be listed.

        None lies in another, and they stand in the order of their keys.
        """
        found: list[str] = []
        folders = {grant.below for grant in self.grants if LIST in grant.verbs}
        for below in sorted(folders):
            if below.startswith(prefix.text) or prefix.text.startswith(below):
                wanted = max(below, prefix.text, key=len)
                if not (found and wanted.startswith(found[-1])):
                    found.append(wanted)
        return tuple(found)


EVERYTHING = (Grant(verbs=frozenset(VERBS), below=WHOLE_LAKE),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """All rules, in the file's order, which means nothing: each only adds."""

    rules: tuple[Rule, ...]

    def of(self, caller: Caller) -> Grants:
        """Return what the caller may do."""
        grants = tuple(
            Grant(verbs=rule.verbs, below=prefix)
            for rule in self.rules
            if rule.meets(caller)
            for prefix in rule.prefixes(caller)
        )
        return Grants(who=caller.subject, grants=grants)


def _filled(template: str, values: tuple[str, ...]) -> str:
    left = iter(values)
    return PLACEHOLDER.sub(lambda _: next(left), template)


def is_folder(prefix: str) -> bool:
    """Tell whether a prefix is the whole lake or ends in a slash, and keys can lie below it."""
    if prefix == WHOLE_LAKE:
        return True
    try:
        parse_key(f"{prefix}x")
    except BadKey:
        return False
    return prefix.endswith("/")
