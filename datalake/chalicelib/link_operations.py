"""Make links, and answer those who hold one.

Knows neither Chalice nor the kind of store.
"""

from urllib.parse import quote

from . import reply
from .errors import BodyTooLarge, Refusal
from .key import parse_key
from .links import Links, Spent
from .listing import require_known
from .operations import VERB_OF, on_dataset
from .reply import Reply
from .request import Request
from .rights import Grants
from .store import Store

_NO_PARAMETERS: frozenset[str] = frozenset()


def on_links(request: Request, *, grants: Grants, links: Links) -> Reply:
    """Answer with a new link for what the caller may do; raises Refusal."""
    require_known(request.query(), _NO_PARAMETERS)
    token, link = links.make(request.body(), grants)
    above = request.path.removesuffix("/links")
    return reply.linked(f"{above}/l/{token}/{quote(link.below)}", link)


def on_link(request: Request, *, grants: Grants, store: Store, spent: Spent) -> Reply:
    """Answer the holder of a link, and use it up where it is good for once; raises Refusal.

    What is refused for a reason of the client's uses nothing up, nor does HEAD. One use carries
    one whole answer.
    """
    require_known(request.query(), _NO_PARAMETERS)
    grants.require(VERB_OF[request.method], parse_key(request.key_text()))
    most = grants.max_bytes
    if most is not None and request.method == "PUT" and len(request.body()) > most:
        raise BodyTooLarge(most, by_link=True)
    if not grants.once:
        return on_dataset(request, grants=grants, store=store)
    if request.method == "HEAD":
        spent.require_unspent(grants.once)
        return on_dataset(request, grants=grants, store=store)
    spent.spend(grants.once)
    asked = request.whole() if request.method == "GET" else request
    try:
        return on_dataset(asked, grants=grants, store=store)
    except Refusal as refusal:
        if refusal.status < 500:
            spent.restore(grants.once)
        raise
