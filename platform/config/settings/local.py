"""One's own machine: `make run`; `DEBUG=1 make run` for Django's own error pages and reloaded static files."""

import os

from config import env
from config.settings.base import *  # noqa: F403

DEBUG = env.flag("DEBUG")
# Known to everybody who reads this file: production refuses to start without its own.
SECRET_KEY = env.text("SECRET_KEY", "local-development-only-local-development-only-0123456789")
ENCRYPTION_KEYS = env.text("ENCRYPTION_KEYS", "local:bG9jYWwtZGV2ZWxvcG1lbnQtb25seS0wMTIzNDU2Nzg=")
ALLOWED_HOSTS = ["*"]
os.makedirs(STATIC_ROOT, exist_ok=True)  # noqa: F405
WHITENOISE_USE_FINDERS = True  # nothing is collected on one's own machine
WHITENOISE_AUTOREFRESH = DEBUG
