"""Answer who opens a message's page, or takes it on, and write one line about it in the log.

Errors end here. The id is never in the log: whoever reads the log could open the page.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from . import log, wiring
from .errors import AwsFailed
from .languages import DEFAULT, words_of
from .page import Page, is_page_id
from .page_html import HEADERS, page_html, said_html


@dataclass(frozen=True, slots=True, kw_only=True)
class Html:
    """An answer: status and text; the headers are always the same."""

    status: int
    body: str
    headers: Mapping[str, str]


def serve_page(page_id: str, *, takes: bool) -> Html:
    """Show a page; `takes` acknowledges it."""
    start = time.perf_counter()
    now = datetime.now(UTC)
    result, why, page = "missing", "", None
    try:
        if is_page_id(page_id):
            table = wiring.table()
            taken = table.acknowledge(page_id, now) if takes else None
            page = taken or table.look(page_id, now)
            if takes and page:  # also where an earlier try took the page on, and then died
                table.take(page)
            result = "acknowledged" if taken else "seen" if page else "missing"
        status = 200 if page else 404
    except AwsFailed as error:
        result, why, status = "failed", str(error), 503
    log.write(
        log.Line(
            what="page",
            result=result,
            why=why,
            status=status,
            told=(page.person,) if page else (),
            milliseconds=(time.perf_counter() - start) * 1000,
        ),
        level=logging.ERROR if status == 503 else logging.INFO,
    )
    return Html(status=status, body=_body(page, status), headers=HEADERS)


def _body(page: Page | None, status: int) -> str:
    words = words_of(page.language if page else DEFAULT)
    if status == 503:
        return said_html(words.later, words)
    return page_html(page, words) if page else said_html(words.gone, words)
