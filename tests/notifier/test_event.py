from hypothesis import example, given
from hypothesis import strategies as st

from notifier.chalicelib.event import delivery_key, pipeline_key


@given(st.text(st.characters(codec="utf-8"), max_size=2000))
@example("é" * 2000)
def test_a_key_always_fits_dynamodb_and_stays_the_same(branch: str) -> None:
    key = pipeline_key("github", "github.com", 7, "12", branch)
    assert len(key.encode()) <= 2048
    assert key == pipeline_key("github", "github.com", 7, "12", branch)


def test_long_branches_that_differ_at_their_end_are_different_pipelines() -> None:
    one = pipeline_key("github", "github.com", 7, "12", "x" * 2000 + "1")
    assert one != pipeline_key("github", "github.com", 7, "12", "x" * 2000 + "2")


def test_a_delivery_and_a_pipeline_never_share_a_key() -> None:
    assert delivery_key("github", "1", "2").split("#")[0] == "delivery"
