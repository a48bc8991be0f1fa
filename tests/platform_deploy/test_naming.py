"""Names fit AWS's limits, are Copilot's where they fit, and differ where their sources differ."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_deploy import fields, naming
from platform_deploy.resources import listener_rule

names = st.from_regex(r"[a-z][a-z0-9-]{0,60}", fullmatch=True)


@pytest.mark.parametrize("module", [naming, fields, listener_rule])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@given(names, st.integers(min_value=10, max_value=64))
def test_a_fitted_name_is_never_longer_than_the_limit(name: str, limit: int) -> None:
    assert len(naming.fit(name, limit)) <= limit


@given(names, names)
def test_different_long_names_stay_different(one: str, two: str) -> None:
    assert (naming.fit(one, 20) == naming.fit(two, 20)) == (one == two)


def test_names_are_copilots() -> None:
    assert naming.of_workload("shop", "test", "api") == "shop-test-api"
    assert naming.log_group("shop", "test", "api") == "/copilot/shop-test-api"
    assert naming.namespace("shop", "test") == "test.shop.local"


@given(names, names)
def test_every_target_group_of_an_environment_begins_with_its_prefix(env: str, name: str) -> None:
    group = naming.target_group(f"{env}-{name}", "HTTP")
    assert group.startswith(naming.target_group_prefix(env))
    assert len(group) <= naming.LOAD_BALANCER_LIMIT


def test_a_target_group_that_cannot_be_changed_in_place_gets_another_name() -> None:
    assert naming.target_group("shop-test-api", "HTTP") != naming.target_group(
        "shop-test-api", "HTTPS"
    )


def test_tags_of_another_environment_are_not_ours() -> None:
    tags = naming.tags("shop", "prod", "api")
    assert not naming.are_ours(tags, "shop", "test")
    assert naming.are_ours(tags, "shop", "prod")
