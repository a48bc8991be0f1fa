"""Decide whether a media type is among an API's binary types.

Pure. Source: API Gateway's page "Content type conversions in API Gateway"; what a wildcard
matches was measured on AWS by ministack's authors.
"""

from collections.abc import Sequence

# What API Gateway takes a message for that does not name its type.
DEFAULT_TYPE = "application/json"


def is_binary(media_type: str | None, binary_types: Sequence[str]) -> bool:
    """Tell whether bytes of this type travel as base64 between the gateway and the function.

    A wildcard counts in the API's list only: `*/*` sent by a client matches nothing but `*/*`.
    """
    essence = (media_type or DEFAULT_TYPE).partition(";")[0].strip().lower()
    family = essence.partition("/")[0] + "/*"
    return any(each.lower() in (essence, family, "*/*") for each in binary_types)
