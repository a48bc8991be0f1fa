"""What the pages about security, costs and the first deploy name is there."""

import re
from collections.abc import Iterator

import pytest

from platform_deploy.policies import ROOT

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
