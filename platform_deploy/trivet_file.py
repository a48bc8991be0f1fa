"""Read `copilot/trivet.yml`: what Copilot kept elsewhere than in the manifests.

Pure. What is wrong is noted with the fields.
"""

import re
from collections.abc import Mapping

from .fields import Fields
from .settings import Settings, Where

COPILOT = "copilot"
MAX_TAGS = 40  # of AWS's 50; the others are Trivet's own
_TAG = re.compile(r"[\w\s.:/=+@-]{1,128}")
_TAG_VALUE = re.compile(r"[\w\s.:/=+@-]{0,256}")
_RESERVED = re.compile(r"(?i)(aws:|trivet:|name$)")
_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def settings(fields: Fields, environment: str, defaults: str | None) -> Settings:
    """Return what the file says; `defaults`, where given, wins over what stands there."""
    said = fields.one_of("defaults")
    places = {
        name: fields.into(Where, f"environments.{name}") for name, _ in fields.pairs("environments")
    }
    if places and environment not in places:
        text = f"there is no {environment}, only {', '.join(places)}"
        fields.wrong("environments", text, is_error=False)
    plain, outputs = _exports(fields)
    return fields.into(
        Settings,
        "",
        copilot_defaults=(defaults or said) == COPILOT,
        exports=plain,
        outputs=outputs,
        domain=fields.text("domain").lower() or None,
        where=places.get(environment, Where()),
        tags=_tags(fields),
    )


def variable_of(output: str) -> str:
    """Return the variable in which Copilot hands an addon's output to a workload.

    >>> variable_of("OrdersTableName"), variable_of("DBEndpoint")
    ('ORDERS_TABLE_NAME', 'DB_ENDPOINT')
    """
    return _WORD_ENDS.sub("_", output).upper()


def _exports(fields: Fields) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return exports by name, and by workload the variables that are its addons' outputs."""
    exports: dict[str, str] = {}
    outputs: dict[str, dict[str, str]] = {}
    for name, value in fields.pairs("exports"):
        for it in value.map.values() or (value,):
            if it.map or it.items:
                fields.complain(it.line, f"exports.{name} must be a string")
        for output in value.map:
            if not (output.isascii() and output.isalnum()):
                text = f"exports.{name}.{output} is no name of a stack's output"
                fields.complain(value.map[output].line, text)
        if value.map:
            outputs[name] = {variable_of(output): it.text for output, it in value.map.items()}
        else:
            exports[name] = value.text
    return exports, outputs


def _tags(fields: Fields) -> Mapping[str, str]:
    found = fields.pairs("tags")
    for name, value in found:
        if _RESERVED.match(name):
            fields.complain(value.line, f"tags.{name} is reserved; choose another name")
        elif not _TAG.fullmatch(name) or not _TAG_VALUE.fullmatch(value.text):
            text = "at most 128 letters, digits, spaces and _.:/=+-@, the value at most 256"
            fields.complain(value.line, f"tags.{name}: AWS takes {text}")
    if len(found) > MAX_TAGS:
        fields.wrong("tags", f"at most {MAX_TAGS}, not {len(found)}")
    return dict(fields.texts("tags"))
