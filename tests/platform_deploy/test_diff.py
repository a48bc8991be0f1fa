"""The difference between wanted and found becomes the smallest right change."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_deploy import naming
from platform_deploy.desired import fingerprint
from platform_deploy.diff import Action, Change, FieldChange, diff
from platform_deploy.kind import ResourceType
from platform_deploy.normalise import canonical
from platform_deploy.resource import Desired, Observed, Pseudo, Text, Value

from .fakes import DOOR, HOUSE, id_of, of_type, there, types, wanted


def compared(
    want: tuple[Desired, ...],
    have: tuple[Observed, ...],
    known: Mapping[str, ResourceType] | None = None,
) -> tuple[Change, ...]:
    found = {it.address: it for it in have}
    return diff(want, found, known or types(), lambda name: f"<{name}>")


def applied(want: Desired, of: ResourceType | None = None) -> dict[str, str]:
    return {naming.APPLIED: fingerprint(want, of or of_type(HOUSE))}


def test_what_is_missing_is_created() -> None:
    (change,) = compared((wanted(colour="red"),), ())
    assert (change.action, change.fields) == (Action.CREATE, ())


def test_what_is_as_wanted_is_no_change() -> None:
    want = wanted(colour="red")
    assert compared((want,), (there(tags=applied(want), colour="red", extra="theirs"),)) == ()


def test_a_difference_is_an_update_of_that_field_alone() -> None:
    want = wanted(colour="red", size={"high": 1, "wide": 2})
    (change,) = compared((want,), (there(colour="red", size={"high": 1, "wide": 3}),))
    assert change.action is Action.UPDATE
    assert change.fields == (FieldChange(member="size", path="size.wide", old=3, new=2),)
    assert change.members == {"size"}


def test_a_field_that_no_call_can_change_means_replacement() -> None:
    known = types(of_type(HOUSE, replaces=frozenset({"colour"})))
    (change,) = compared((wanted(colour="red"),), (there(colour="blue"),), known)
    assert change.action is Action.REPLACE


def test_what_the_account_chose_is_not_chosen_again_where_that_would_mean_replacement() -> None:
    known = types(of_type(HOUSE, replaces=frozenset({"colour"})))
    want = wanted(colour=Pseudo(name="AWS::Colours/0"))
    have = there(tags=applied(want, known[HOUSE]), colour="blue")
    assert compared((want,), (have,), known) == ()


def test_a_field_that_only_the_creation_sets_is_never_compared() -> None:
    want = replace(wanted(colour="red", size=1), unowned=frozenset({"colour"}))
    have = there(tags=applied(want), colour="blue", size=1)
    assert compared((want,), (have,)) == ()


def test_what_has_no_tags_is_as_it_is_seen() -> None:
    known = types(of_type(HOUSE, is_tagged=False))
    assert compared((wanted(colour="red"),), (there(colour="red"),), known) == ()
    (change,) = compared((wanted(colour="red"),), (there(colour="blue"),), known)
    assert (change.action, change.is_drift) == (Action.UPDATE, False)


def test_an_unowned_field_is_never_compared() -> None:
    known = types(of_type(HOUSE, unowned=frozenset({"colour"})))
    want = wanted(colour="red")
    have = there(tags=applied(want, known[HOUSE]), colour="blue")
    assert compared((want,), (have,), known) == ()


def test_what_is_as_wanted_but_was_never_recorded_is_only_recorded() -> None:
    (change,) = compared((wanted(colour="red"),), (there(colour="red"),))
    assert (change.action, change.fields) == (Action.RECORD, ())


def test_a_field_that_is_not_told_is_compared_through_what_was_applied() -> None:
    want = wanted(colour="red")
    assert compared((want,), (there(tags=applied(want)),)) == ()
    (change,) = compared((want,), (there(tags={naming.APPLIED: "older"}),))
    assert change.fields == (
        FieldChange(member="colour", path="colour", old=None, new="red", is_told=False),
    )


def test_nothing_is_replaced_on_the_guess_that_an_untold_field_differs() -> None:
    known = types(of_type(HOUSE, replaces=frozenset({"colour"})))
    (change,) = compared((wanted(colour="red"),), (there(),), known)
    assert change.action is Action.RECORD


def test_a_field_that_a_manifest_no_longer_sets_goes_back_to_the_default() -> None:
    known = types(of_type(HOUSE, optional={"size": 5}))
    want = wanted(colour="red")
    (change,) = compared((want,), (there(colour="red", size=9),), known)
    assert change.fields == (FieldChange(member="size", path="size", old=9, new=None),)
    (change,) = compared((want,), (there(colour="red", size=5),), known)
    assert change.action is Action.RECORD


def test_a_member_that_nobody_wants_counts_only_where_the_field_is_exact() -> None:
    want, have = wanted(size={"high": 1}), there(size={"high": 1, "deep": 4})
    assert compared((want,), (have,))[0].action is Action.RECORD
    exact = types(of_type(HOUSE, exact=frozenset({"size"})))
    (change,) = compared((want,), (have,), exact)
    assert change.fields == (FieldChange(member="size", path="size.deep", old=4, new=None),)


def test_a_reference_is_compared_with_what_it_stands_for() -> None:
    want = (wanted(), wanted(DOOR, colour=id_of(HOUSE)))
    have = (there(), there(DOOR, colour="House-one"))
    assert [it.action for it in compared(want, have)] == [Action.RECORD, Action.RECORD]


def test_a_reference_to_what_does_not_exist_yet_is_a_change() -> None:
    want = (wanted(DOOR, colour=id_of(HOUSE)), wanted())
    created, updated = compared(want, (there(DOOR, colour="House-old"),))
    assert (created.address.kind, created.action) == (HOUSE, Action.CREATE)
    assert updated.fields == (
        FieldChange(member="colour", path="colour", old="House-old", new=id_of(HOUSE)),
    )


def test_a_new_revision_changes_those_who_name_it() -> None:
    known = types(of_type(HOUSE, update_calls={}))
    want = (wanted(colour="red"), wanted(DOOR, colour=id_of(HOUSE)))
    have = (there(colour="blue"), there(DOOR, colour="House-one"))
    assert [it.action for it in compared(want, have, known)] == [Action.UPDATE, Action.UPDATE]


def test_what_only_the_account_knows_is_put_in_place_for_the_comparison() -> None:
    text = Text(parts=("in ", Pseudo(name="AWS::Region")))
    (change,) = compared((wanted(colour=text),), (there(colour="in <AWS::Region>"),))
    assert change.action is Action.RECORD


def test_sets_named_lists_and_empty_members_do_not_differ_by_their_spelling() -> None:
    of = of_type(HOUSE, unordered=frozenset({"subnets"}))

    def form(value: Value) -> Value:
        return canonical(value, of)

    assert form({"subnets": ("b", "a")}) == form({"subnets": ("a", "b")})
    assert form({"command": ("b", "a")}) != form({"command": ("a", "b")})
    pairs: Value = ({"name": "A", "value": "1"}, {"name": "B", "value": "2"})
    assert form(pairs) == {"A": "1", "B": "2"}
    assert form({"x": None, "y": (), "z": 0, "no": False}) == {"z": 0, "no": False}
    assert form(({"Key": "k", "Value": "v"},)) == {"k": "v"}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values)
def test_the_comparable_form_of_a_comparable_form_is_itself(value: Value) -> None:
    of = of_type(HOUSE, unordered=frozenset({"a"}))
    once = canonical({"a": value}, of)
    assert canonical(once, of) == once


@given(st.dictionaries(st.sampled_from(["colour", "size"]), values, min_size=1))
def test_an_account_that_has_what_is_wanted_needs_no_change(properties: dict[str, Value]) -> None:
    want = wanted(**properties)
    assert compared((want,), (there(tags=applied(want), **properties),)) == ()


def test_what_was_applied_and_is_no_longer_so_is_drift() -> None:
    want = wanted(colour="red")
    (drift,) = compared((want,), (there(tags=applied(want), colour="blue"),))
    assert (drift.action, drift.is_drift) == (Action.UPDATE, True)
    (change,) = compared((want,), (there(tags={naming.APPLIED: "older"}, colour="blue"),))
    assert (change.action, change.is_drift) == (Action.UPDATE, False)


def test_a_reference_that_has_moved_since_it_was_applied_is_no_drift() -> None:
    door = wanted(DOOR, colour=id_of(HOUSE))
    mark = fingerprint(door, of_type(DOOR), lambda _ref: "House-old")
    have = (there(), there(DOOR, tags={naming.APPLIED: mark}, colour="House-old"))
    (_, moved) = compared((wanted(), door), have)
    assert (moved.action, moved.is_drift) == (Action.UPDATE, False)


@pytest.mark.parametrize("how", [{"is_tagged": False}, {"follows": True}])
def test_tags_that_are_not_read_are_not_compared(how: dict[str, bool]) -> None:
    known = types(of_type(HOUSE, **how))
    want = replace(wanted(colour="red"), tags={"team": "shop"})
    assert compared((want,), (there(colour="red"),), known) == ()
    (change,) = compared((want,), (there(colour="red"),))
    assert [field.path for field in change.fields] == ["Tags.team"]
