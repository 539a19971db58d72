"""Digests by which equal secrets are found without being read: of ID numbers, which are too few for a bare hash."""

import hmac
from hashlib import sha256

from django.conf import settings

from kernel.tenancy.context import current_schema


def keyed_digest(text: str, *, purpose: str) -> str:
    """HMAC-SHA-256 in hex under the server's key, different in every brand and for every purpose; "" stays "".

    There are few enough ID numbers to try them all; without the key nobody can. After a change of SECRET_KEY older
    digests find nothing, and are written anew when the value is stored again.
    """
    if not text:
        return ""
    message = "\x1f".join((current_schema(), purpose, text))
    return hmac.new(settings.SECRET_KEY.encode(), message.encode(), sha256).hexdigest()
