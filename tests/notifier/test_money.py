import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.money import DEFAULT_PRICE, OPEN, SPENT, TIGHT, Budget, dollars

BUDGET = Budget(
    month=20_000_000, mail="mails", prices=(("+1", 6_450), ("+44", 40_000), ("+1202", 7_000))
)


@pytest.mark.parametrize(
    ("phone", "price"),
    [
        ("+12025550123", 7_000),
        ("+13125550123", 6_450),
        ("+447700900123", 40_000),
        ("+4915550100", DEFAULT_PRICE),
    ],
)
def test_the_longest_beginning_of_a_number_says_the_price(phone: str, price: int) -> None:
    assert BUDGET.price(phone) == price
    assert BUDGET.price(phone, parts=2) == 2 * price


@pytest.mark.parametrize(
    ("spent", "level"),
    [
        (0, OPEN),
        (15_999_999, OPEN),
        (16_000_000, TIGHT),
        (19_999_999, TIGHT),
        (20_000_000, SPENT),
    ],
)
def test_at_80_percent_money_is_tight_and_at_100_spent(spent: int, level: str) -> None:
    assert BUDGET.level(spent) == level


@given(st.integers(1, 10**12))
def test_an_amount_is_written_exactly(amount: int) -> None:
    whole, _, rest = dollars(amount).partition(".")
    assert int(whole) * 1_000_000 + int(rest.ljust(6, "0") or "0") == amount
