"""Write what a plan makes of the monthly costs, as text, JSON and Markdown.

Pure: strings and values out. What costs as much as before is in the sum only.
"""

from collections.abc import Iterator

from . import prices
from .plan import Plan

Row = tuple[str, str, str]  # what, how many, US dollars a month


def text(plan: Plan) -> Iterator[str]:
    """Yield the lines for a person, none where nothing costs by the hour."""
    listed = rows(plan)
    widths = [max(len(row[column]) for row in listed) for column in range(3)] if listed else []
    for row in listed:
        what, count, dollars = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {what}  {count}  {dollars.strip():>{widths[2]}} USD a month"
    if listed or (plan.changes and not prices.known(plan.region)):
        yield from (f"  ({note(plan)})", "")


def rows(plan: Plan) -> tuple[Row, ...]:
    """Return what changes and the sum, which comes last; each as `before → after`."""
    if not plan.costs:
        return ()
    changed = [it for it in plan.costs if it.dollars[0] != it.dollars[1]]
    listed = [(it.what, _change(it.count, "d"), _change(it.dollars, ".2f")) for it in changed]
    return (*listed, ("in all", "", _change(prices.total(plan.costs), ".2f")))


def note(plan: Plan) -> str:
    """Return of when the prices are, or that there are none."""
    if not prices.known(plan.region):
        return f"no prices are known for {plan.region}"
    return f"prices of {prices.AS_OF}, {prices.HOURS} hours; traffic, requests and logs are extra"


def markdown(plan: Plan) -> Iterator[str]:
    """Yield a table for a pull request."""
    if plan.costs:
        yield from ("| a month | | USD |", "| --- | --- | ---: |")
        yield from (f"| {what} | {count} | {dollars} |" for what, count, dollars in rows(plan))
    if plan.costs or (plan.changes and not prices.known(plan.region)):
        yield from ("", f"({note(plan)})", "")


def as_json(plan: Plan) -> dict[str, object] | None:
    """Return all costs as JSON has them, None where no price is known."""
    if not prices.known(plan.region):
        return None
    before, after = prices.total(plan.costs)
    return {
        "currency": "USD",
        "as_of": prices.AS_OF,
        "source": prices.SOURCE,
        "before": round(before, 2),
        "after": round(after, 2),
        "items": [
            {
                "what": it.what,
                "count": list(it.count),
                "dollars": [round(it.dollars[0], 2), round(it.dollars[1], 2)],
            }
            for it in plan.costs
        ],
    }


def _change(pair: tuple[float, float], form: str) -> str:
    before, after = (format(it, form) for it in pair)
    return before if before == after else f"{before} → {after}"
