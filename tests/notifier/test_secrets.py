import pytest

from notifier.chalicelib.errors import NoSecret, NotAllowed, NotFound, Unreachable
from notifier.chalicelib.secrets import MAX_AGE, MISSING_AGE, Secrets
from notifier.chalicelib.settings import settings_in


class Parameters:
    """A parameter store that counts how often it is asked."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.asked: list[str] = []

    def fetch(self, name: str) -> str:
        self.asked.append(name)
        if name not in self.values:
            raise NotFound(f"SSM parameter {name}", code="ParameterNotFound")
        return self.values[name]


NAME = "/trivet/notifier/dev/github-secret"


def secrets(store: Parameters | None = None, at: list[float] | None = None, **env: str) -> Secrets:
    times = at or [0.0]
    return Secrets(settings_in(env), fetch=store.fetch if store else None, clock=lambda: times[0])


def test_several_secrets_of_the_environment_are_separated_by_white_space() -> None:
    assert secrets(NOTIFIER_GITHUB_SECRET=" old\n new ").of("github") == ("old", "new")


def test_the_environment_comes_before_the_parameter() -> None:
    store = Parameters(**{NAME: "stored"})
    assert secrets(store, NOTIFIER_GITHUB_SECRET="env").of("github") == ("env",)
    assert store.asked == []


def test_a_parameter_is_kept_for_a_limited_time() -> None:
    store, at = Parameters(**{NAME: "one"}), [1000.0]
    held = secrets(store, at)
    assert held.of("github") == held.of("github") == ("one",)
    store.values[NAME] = "one two"
    at[0] += MAX_AGE
    assert held.of("github") == ("one", "two")
    assert store.asked == [NAME, NAME]


@pytest.mark.parametrize("value", [None, ""])
def test_who_has_no_secret_cannot_make_us_ask_for_it_with_each_request(value: str | None) -> None:
    store = Parameters() if value is None else Parameters(**{NAME: value})
    at = [1000.0]
    held = secrets(store, at)
    for _ in range(3):
        with pytest.raises(NoSecret):
            held.of("github")
    assert store.asked == [NAME]
    store.values[NAME] = "one"
    at[0] += MISSING_AGE
    assert held.of("github") == ("one",)


def test_a_store_that_does_not_answer_is_asked_again() -> None:
    store, at = Parameters(**{NAME: "one"}), [1000.0]
    answers = iter([Unreachable("SSM parameter", code="ReadTimeoutError"), None])

    def fetch(name: str) -> str:
        if error := next(answers):
            raise error
        return store.fetch(name)

    held = Secrets(settings_in({}), fetch=fetch, clock=lambda: at[0])
    with pytest.raises(Unreachable):
        held.of("github")
    assert held.of("github") == ("one",)


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_a_forge_without_a_secret_is_refused(value: str | None) -> None:
    store = Parameters() if value is None else Parameters(**{NAME: value})
    with pytest.raises(NoSecret, match="NOTIFIER_GITHUB_SECRET or the SSM parameter"):
        secrets(store).of("github")


@pytest.mark.parametrize("value", ["", "  \n"])
def test_an_empty_secret_of_the_environment_is_no_secret(value: str) -> None:
    with pytest.raises(NoSecret):
        secrets(NOTIFIER_GITHUB_SECRET=value).of("github")


def test_not_allowed_is_not_taken_for_absent() -> None:
    def forbidden(name: str) -> str:
        raise NotAllowed(name, code="AccessDeniedException")

    with pytest.raises(NotAllowed):
        Secrets(settings_in({}), fetch=forbidden, clock=lambda: 0.0).of("github")


def test_secrets_manager_is_asked_instead_where_it_is_named() -> None:
    store = Parameters(**{"trivet/notifier/dev/gitlab-secret": "token whsec_AAAA"})
    held = secrets(store, NOTIFIER_SECRETS="trivet/notifier/dev/")
    assert held.of("gitlab") == ("token", "whsec_AAAA")
    with pytest.raises(NoSecret, match="or the secret trivet/notifier/dev/github-secret"):
        held.of("github")
