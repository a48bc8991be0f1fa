"""Fit parameters written by hand into what a call takes, by AWS's own models; it sends nothing.

CloudFormation takes `"512"` for a number and `true` for a string; the calls do not.
"""

from collections.abc import Mapping
from typing import Any

from .resource import Value, rendered


def fitted(api: str, action: str, parameters: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the parameters with their scalars as the call spells them, and what is still wrong."""
    import botocore.session
    from botocore.validate import ParamValidator

    model = botocore.session.get_session().get_service_model(api)
    shape = model.operation_model(action).input_shape
    found = _fitted(dict(parameters), shape)
    report = ParamValidator().validate(_plain(found), shape).generate_report()
    return found, "; ".join(report.splitlines())


def _fitted(value: Any, shape: Any) -> Any:
    if isinstance(value, dict):
        if shape.type_name == "map":
            return {key: _fitted(item, shape.value) for key, item in value.items()}
        inner = getattr(shape, "members", {})
        return {k: _fitted(it, inner[k]) if k in inner else it for k, it in value.items()}
    if isinstance(value, list):
        inner = getattr(shape, "member", None)
        return [_fitted(item, inner) if inner else item for item in value]
    if shape.type_name == "string" and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else f"{value}"
    if shape.type_name == "integer" and isinstance(value, str) and value.isdigit():
        return int(value)
    if shape.type_name == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    known: Value = value
    return rendered(known)
