"""Say what an SMS costs, and what may still be spent this month.

Pure. All amounts are millionths of a US dollar, so that sums stay exact. Prices are per part and
are those that the rules file says: AWS publishes them per country, and carriers add fees.
"""

from dataclasses import dataclass

DOLLAR = 1_000_000
DEFAULT_PRICE = 100_000  # where the rules name none: more than most countries cost
DEFAULT_MAX_PRICE = 500_000

OPEN = "open"  # everybody by SMS
TIGHT = "tight"  # over 80 %: only what is critical by SMS
SPENT = "spent"  # everything by e-mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent in a month; `mail` is the key of the topic that takes over.

    `prices` are (beginning of the phone number, price of a part): the longest beginning counts.
    """

    month: int
    mail: str
    prices: tuple[tuple[str, int], ...] = ()
    max_price: int = DEFAULT_MAX_PRICE

    def level(self, spent: int) -> str:
        """Say what is still sent by SMS when that much is spent.

        >>> budget = Budget(month=10 * DOLLAR, mail="mails")
        >>> [budget.level(cents * 10_000) for cents in (799, 800, 1000)]
        ['open', 'tight', 'spent']
        """
        if spent >= self.month:
            return SPENT
        return TIGHT if spent * 5 >= self.month * 4 else OPEN

    def price(self, phone: str, parts: int = 1) -> int:
        """Return what an SMS of so many parts costs."""
        known = [(len(start), price) for start, price in self.prices if phone.startswith(start)]
        return max(known, default=(0, DEFAULT_PRICE))[1] * parts


def dollars(amount: int) -> str:
    """Write an amount as SNS's MaxPrice wants it.

    >>> dollars(6_450)
    '0.00645'
    """
    whole, rest = divmod(amount, DOLLAR)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".")
