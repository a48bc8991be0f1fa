"""Read the rules of who may what out of YAML, and report every problem at once with its line.

It decides nothing. YAML 1.2 by ruamel.yaml, imported when it is needed.
"""

from typing import Any

from .errors import BadRights
from .rights import (
    EVERYBODY,
    PLACEHOLDER,
    USER,
    VERBS,
    WHO,
    WHOLE_LAKE,
    Rights,
    Rule,
    is_folder,
)

FORM = "WHO NAME VERBS PREFIX, as in: user * list,read,write home/{sub}/"
ALL = "all"
# Standard claims that people may write themselves; custom ones are for the pool's owner to guard.
_WRITABLE = frozenset(
    {
        *("address", "birthdate", "family_name", "gender", "given_name", "locale"),
        *("middle_name", "name", "nickname", "picture", "preferred_username", "profile"),
        *("updated_at", "website", "zoneinfo"),
    }
)


def read_rights(text: str, *, file: str) -> Rights:
    """Read a rights file's text; raises BadRights with all problems, each as `file:line: what`."""
    problems: list[tuple[int, str]] = []
    rules = [_rule(line, words, problems) for line, words in _lines(text, file, problems)]
    if problems:
        raise BadRights(tuple(f"{file}:{line}: {what}" for line, what in sorted(set(problems))))
    return Rights(rules=tuple(rule for rule in rules if rule))


def load_rights(path: str) -> Rights:
    """Read the rights file at a path; raises BadRights, also when it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is not UTF-8"
        raise BadRights((f"{path}: cannot be read: {why}; name a rights file",)) from error
    return read_rights(text, file=path)


def _lines(text: str, file: str, problems: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the text of each rule with its line."""
    root = _compose(text, file)
    if root is None or root.id != "mapping" or [name.value for name, _ in root.value] != ["rights"]:
        problems.append((1, "the file is `rights:` with a list below it"))
        return []
    items = root.value[0][1]
    if items.id != "sequence":
        problems.append((items.start_mark.line + 1, "rights: must be a list, one rule a line"))
        return []
    found = []
    for item in items.value:
        line = item.start_mark.line + 1
        if item.id == "scalar":
            found.append((line, item.value))
        else:
            problems.append((line, f"a rule is one text: {FORM}"))
    return found


def _compose(text: str, file: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False  # YAML allows them, and a library is silent
    try:
        return yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadRights((f"{file}:{line}: not YAML: {error.problem}",)) from error
    except YAMLError as error:
        raise BadRights((f"{file}:1: not YAML: {str(error).splitlines()[0]}",)) from error


def _rule(line: int, text: str, problems: list[tuple[int, str]]) -> Rule | None:
    words = text.split(maxsplit=3)
    if len(words) != 4:
        problems.append((line, f"{text!r} is not {FORM}"))
        return None
    who, name, verbs, prefix = words
    found = [*_who(who, name), *_verbs(verbs), *_prefix(prefix)]
    problems.extend((line, what) for what in found)
    allowed = VERBS if verbs == ALL else tuple(verbs.split(","))
    template = WHOLE_LAKE if prefix == "/" else prefix
    return Rule(who=who, name=name, verbs=frozenset(allowed), template=template)


def _who(who: str, name: str) -> list[str]:
    if who not in WHO:
        return [f"{who!r} is none of {', '.join(WHO)}"]
    if name == EVERYBODY and who != USER:
        return [f"'{who} *': everybody who is signed in is 'user *'"]
    return []


def _verbs(text: str) -> list[str]:
    if text == ALL:
        return []
    return [
        f"{verb!r} is none of {', '.join(VERBS)} (joined by commas, without spaces) nor {ALL}"
        for verb in text.split(",")
        if verb not in VERBS
    ]


def _prefix(template: str) -> list[str]:
    if template == "/":
        return []
    problems = [
        f"{{{claim}}}: people may change that claim themselves"
        if claim in _WRITABLE
        else "{}: name a claim between the braces"
        for claim in PLACEHOLDER.findall(template)
        if claim in _WRITABLE or not claim
    ]
    example = PLACEHOLDER.sub("x", template)
    if not template.endswith("/"):
        problems.append(f"{template!r} must end in a slash, or it would name its neighbours too")
    elif "{" in example or "}" in example or not is_folder(example):
        problems.append(f"{template!r} is no prefix that a key can have; / is the whole lake")
    return problems
