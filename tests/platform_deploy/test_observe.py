"""A look at the account tells all that it may not see, so that it can be allowed at once."""

from collections.abc import Iterator

import pytest

from platform_deploy.errors import AllNotAllowed, NotAllowed
from platform_deploy.observe import observe
from platform_deploy.resource import Observed, Scope

from .conftest import API, project_of
from .fakes import World, of_type

SCOPE = Scope(project=project_of(API), desired=())


def hidden(action: str, code: str = "AccessDenied") -> dict[str, object]:
    """How a type is listed whose action the credentials may not use."""

    def look(*_: object) -> Iterator[Observed]:
        raise NotAllowed(action=action, code=code, said="no")
        yield

    return {"observe": look}


def test_all_that_may_not_be_read_is_told_together() -> None:
    types = (
        of_type("A", **hidden("a:List")),
        of_type("B", **hidden("b:List"), read_after=("A",)),
        of_type("C", **hidden("a:List")),
        of_type("D"),
    )
    with pytest.raises(AllNotAllowed) as caught:
        observe(World(), SCOPE, types)  # type: ignore[arg-type]  # a fake
    assert caught.value.statements == tuple(
        f'{{"Effect": "Allow", "Action": "{it}", "Resource": "*"}}' for it in ("a:List", "b:List")
    )
    assert str(caught.value).splitlines() == [
        str(NotAllowed(action=it, code="AccessDenied", said="no")) for it in ("a:List", "b:List")
    ]


def test_one_thing_that_may_not_be_read_is_told_as_such() -> None:
    with pytest.raises(NotAllowed, match="a:List"):
        observe(World(), SCOPE, (of_type("A", **hidden("a:List")), of_type("B")))  # type: ignore[arg-type]  # a fake


def test_credentials_that_are_not_valid_are_told_once() -> None:
    types = tuple(of_type(it, **hidden("a:List", "ExpiredToken")) for it in "AB")
    with pytest.raises(NotAllowed, match="use other credentials; these are not valid"):
        observe(World(), SCOPE, types)  # type: ignore[arg-type]  # a fake
