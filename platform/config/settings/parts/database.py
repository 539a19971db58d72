"""Postgres, by DATABASE_URL or the embedded one."""

import os
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env


def _database_url() -> str:
    if os.environ.get("DATABASE_URL", "").strip() or not find_spec("embedded"):  # no wheel holds `embedded`
        return env.text("DATABASE_URL")
    from embedded.servers import ensure_postgres  # only where no server is given, since it starts one

    return ensure_postgres()


def parse(url: str) -> dict[str, Any]:
    """Django's connection settings for `postgresql://user:password@host:port/name?host=/socket/folder`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://.")
    query = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")) or "banyan",
        "USER": unquote(parts.username or query.pop("user", "postgres")),
        "PASSWORD": unquote(parts.password or query.pop("password", "")),
        "HOST": query.pop("host", None) or parts.hostname or "127.0.0.1",
        "PORT": str(query.pop("port", None) or parts.port or 5432),
        "OPTIONS": query,
        "CONN_MAX_AGE": env.number("DATABASE_CONNECTION_AGE", 600),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "ATOMIC_REQUESTS": False,
    }


_url = _database_url()
_direct_url = env.text("DATABASE_DIRECT_URL", _url)  # past the pooler: migrations need a session of their own

DATABASES = {
    "default": {"ENGINE": "kernel.database", **parse(_url)},
    "direct": {"ENGINE": "kernel.database.direct", **parse(_direct_url), "TEST": {"MIRROR": "default"}},
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
ORIGINAL_BACKEND = "django.db.backends.postgresql"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TENANT_MODEL = "tenants.Brand"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
ROOT_URLCONF = "config.urls_brand"
TENANT_LIMIT_SET_CALLS = False
BASE_DOMAIN = env.text("BASE_DOMAIN", "localhost")
# Each brand's statements run under a role of its own. Off only where the login role may make none (no CREATEROLE), and
# on a distributed Postgres, whose sessions with its workers are the role's.
DATABASE_BRAND_ROLES = env.flag("DATABASE_BRAND_ROLES", default=True)
DATABASE_ROLE_PREFIX = env.text("DATABASE_ROLE_PREFIX", "")  # for several installations on one server
TEMPLATE_SCHEMA = "zz_template"
TRIAL_DAYS = 15
