"""Signatures by which a receiver knows the sender."""

from __future__ import annotations

import hashlib
import hmac


def hmac_sha256(secret: str, text: str) -> str:
    """HMAC-SHA256 in hexadecimal."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
