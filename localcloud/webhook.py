"""Write the headers of a GitHub delivery, signed as GitHub signs it. Pure."""

import hashlib
import hmac


def signed(secret: str, body: bytes, *, event: str, delivery: str) -> dict[str, str]:
    """Return the headers of a delivery; `delivery` is its id, the same when it is repeated."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-GitHub-Hook-ID": "1",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
