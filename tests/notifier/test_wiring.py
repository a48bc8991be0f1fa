"""What a process keeps, and for how long."""

from collections.abc import Iterator

import pytest

from notifier.chalicelib import aws, wiring
from notifier.chalicelib.wiring import RULES_AGE

TEXT = """\
people: {ana: {name: Ana Example, phone: "+12025550123"}}
rules: [{name: %s, match: {kind: push}, tell: ana}]
"""


class Parameters:
    """A parameter store with one parameter, and a clock."""

    def __init__(self) -> None:
        self.text = TEXT % "one"
        self.asked: list[str] = []
        self.now = 1000.0

    def parameter(self, name: str) -> str:
        self.asked.append(name)
        return self.text


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parameters]:
    monkeypatch.setenv("NOTIFIER_RULES", "ssm:/trivet/rules")
    store = Parameters()
    monkeypatch.setattr(aws, "parameter", store.parameter)
    monkeypatch.setattr(wiring.time, "monotonic", lambda: store.now)
    wiring.settings.cache_clear()
    yield store
    wiring.settings.cache_clear()


def test_rules_in_a_parameter_are_read_again_after_a_while(store: Parameters) -> None:
    assert [rule.name for rule in wiring.rules().rules] == ["one"]
    store.text = TEXT % "two"
    assert [rule.name for rule in wiring.rules().rules] == ["one"]
    assert store.asked == ["/trivet/rules"]
    store.now += RULES_AGE
    assert [rule.name for rule in wiring.rules().rules] == ["two"]


def test_the_price_that_an_sms_may_have_is_that_of_the_rules(store: Parameters) -> None:
    topics = 'topics: {mails: {arn: "arn:aws:sns:eu-central-1:000000000000:mails"}}\n'
    store.now += 10 * RULES_AGE
    for price, millionths in (("0.2", 200_000), ("0.3", 300_000)):
        budget = f"budget: {{month: 20, mail: mails, max_price: {price}}}\n"
        store.text, store.now = TEXT % "one" + topics + budget, store.now + RULES_AGE
        assert wiring.sns().max_price == millionths
