"""What the pages about security, costs and the first deploy name is there."""

import json
import re
from collections.abc import Iterator

import pytest

from platform_deploy.policies import DEPLOYERS, ROOT

from . import security_page

PAGES = ("costs", "first-deploy", "security")
LINK = re.compile(r"\]\(([^)#]+)")
FILE = re.compile(r"`((?:bench|docs|notifier|platform_deploy|tests)/[\w./-]+\.\w+)`")


def named(page: str) -> Iterator[str]:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    yield from (f"docs/{it}" for it in LINK.findall(text))
    yield from FILE.findall(text)


def test_the_page_says_who_may_do_what_as_the_policies_do() -> None:
    page = security_page.PAGE.read_text(encoding="utf-8")
    assert security_page.filled(page) == page


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    files = set(named(page))
    assert len(files) > 1
    assert [it for it in sorted(files) if not (ROOT / it).is_file()] == []


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_IN_A_POLICY, MOST_POLICIES = 6144, 10


def test_the_guide_attaches_files_that_iam_takes_and_that_are_the_deployer_s_whole_policy() -> None:
    guide = (ROOT / "docs" / "first-deploy.md").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"for file in (\S+); do", guide)
    texts = [it.read_text(encoding="utf-8") for it in sorted(ROOT.glob(pattern))]
    whole = json.loads((ROOT / DEPLOYERS).read_text(encoding="utf-8"))["Statement"]
    assert len(texts) <= MOST_POLICIES
    assert all(len("".join(it.split())) <= MOST_IN_A_POLICY for it in texts)
    assert [it for text in texts for it in json.loads(text)["Statement"]] == whole
