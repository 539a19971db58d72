"""Redis: cache and throttle counters. Every key carries the brand's schema."""

import os
from importlib.util import find_spec
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from config import env


def _redis_url() -> str:
    if os.environ.get("REDIS_URL", "").strip() or not find_spec("embedded"):  # no wheel holds `embedded`
        return env.text("REDIS_URL")
    from embedded.servers import ensure_valkey  # only where no server is given, since it starts one

    return ensure_valkey()


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
