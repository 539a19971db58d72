"""The test suite: the same real Postgres and Redis, quick password hashes, no outgoing mail."""

import os

from config import env
from config.settings.base import *  # noqa: F403
from config.settings.base import CACHES, DATABASES, REDIS_URL, in_database

_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

SECRET_KEY = "only-for-tests-only-for-tests-only-for-tests-0123456789"  # noqa: S105
ENCRYPTION_KEYS = "test:dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHktMDE="
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = str(env.LOCAL / "test" / _worker / "media")
STATIC_ROOT = str(env.LOCAL / "test" / _worker / "static")
os.makedirs(STATIC_ROOT, exist_ok=True)
# A database of its own for each worker: clearing the cache empties a whole one. Number 0 is left to `make run`.
REDIS_URL = in_database(REDIS_URL, 1 + int(_worker.removeprefix("gw") or 0) % 14)
CACHES["default"]["LOCATION"] = REDIS_URL
# Two connections of one test that wait for each other end with an error at this line of the test, not with a hang.
DATABASES["default"]["OPTIONS"] = {**DATABASES["default"]["OPTIONS"], "options": "-c lock_timeout=120s"}
CELERY_BROKER_URL = "memory://"
API_REQUESTS_PER_MINUTE = 1_000_000
ALLOWED_HOSTS = ["*"]
