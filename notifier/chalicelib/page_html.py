"""Write a message's page as HTML.

Pure. Every text is escaped; the page runs no script and loads nothing from anywhere.
"""

from datetime import datetime
from html import escape

from .gsm import tidy
from .page import Page
from .words import Words

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;max-width:34em;margin:2em auto;padding:0 1em}"
    "button{font:inherit;padding:.6em 1.2em}p{overflow-wrap:anywhere}"
)


def page_html(page: Page, words: Words) -> str:
    """Write the page; the button posts, since link previews only get."""
    if page.acknowledged_at:
        answer = _line(f"{words.taken} {_clock(page.acknowledged_at)}")
    else:
        answer = f'<form method="post"><button>{escape(words.take)}</button></form>'
    link = f'<p><a href="{escape(page.url)}" rel="noreferrer">{escape(page.url)}</a></p>'
    return _document(
        words,
        f"<h1>{escape(tidy(page.text))}</h1>",
        _line(page.title),
        _line(_clock(page.told_at)),
        _line(f"{words.why}: {page.why}"),
        link if page.url.startswith(("https://", "http://")) else "",
        answer,
    )


def said_html(said: str, words: Words) -> str:
    """Write the answer where no page can be shown, and say why."""
    return _document(words, f"<h1>{escape(said)}</h1>")


def _line(text: str) -> str:
    return f"<p>{escape(tidy(text))}</p>" if text else ""


def _clock(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"


def _document(words: Words, *body: str) -> str:
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Trivet</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html><html lang="{words.name}">{head}{"".join(body)}</html>'
