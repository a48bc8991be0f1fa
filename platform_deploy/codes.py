"""Tell AWS's error answers apart, by their code and status.

Pure: the table `codes`; its names are those of our errors.
"""

from collections.abc import Mapping
from typing import Any

from . import errors
from .errors import AwsError, Unclear
from .tables import table

_FIRST_SERVER_ERROR = 500


def of_answer(action: str, response: Mapping[str, Any]) -> AwsError:
    """Return our error for an error answer, told apart by its code."""
    error = response.get("Error", {})
    code = str(error.get("Code", "Unknown"))
    said = str(error.get("Message", "no message"))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return _class_of(action, code, status)(action=action, code=code, said=said)


def _class_of(action: str, code: str, status: int) -> type[AwsError]:
    for name, row in table("codes").items():
        is_listed = code in row["codes"] or f"{action} {code}" in row["codes"]
        if is_listed or code.endswith(tuple(row.get("endings", ()))):
            found: type[AwsError] = getattr(errors, name)
            return found
    return Unclear if status >= _FIRST_SERVER_ERROR else AwsError
