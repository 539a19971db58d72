"""Redis: cache and throttle counters. Every key carries the brand's schema."""

import os
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def _redis_url() -> str:
    url = os.environ.get("REDIS_URL", "").strip()
    if not url:
        from embedded.servers import ensure_valkey  # only where no server is given, since it starts one

        url = ensure_valkey()
    return url


def in_database(url: str, number: int) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = urlencode({**dict(parse_qsl(parts.query)), "db": str(number)})
        return f"unix://{parts.path}?{query}"  # urlunsplit would drop the empty host's slashes
    return urlunsplit(parts._replace(path=f"/{number}"))


REDIS_URL = _redis_url()

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "kernel.tenancy.context.cache_key",
        "KEY_PREFIX": "banyan",
    }
}
