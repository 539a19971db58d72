"""Keyed digests to compare secrets: there are too few ID numbers for a bare hash."""

import hmac
from hashlib import sha256

from django.conf import settings

from kernel.tenancy.context import current_schema


def keyed_digest(text: str, *, purpose: str) -> str:
    """Return an HMAC-SHA-256 in hex under the server's key, distinct per brand and purpose; "" stays "".

    Without the key nobody can try all ID numbers. After a change of SECRET_KEY older digests match nothing, and are
    renewed when the value is stored again.
    """
    if not text:
        return ""
    message = "\x1f".join((current_schema(), purpose, text))
    return hmac.new(settings.SECRET_KEY.encode(), message.encode(), sha256).hexdigest()
