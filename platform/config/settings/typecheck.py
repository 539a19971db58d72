"""For tools that read the settings without running anything: no server is started."""

import os

os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")

from config.settings.base import *  # noqa: F403

SECRET_KEY = "typecheck"  # noqa: S105
ENCRYPTION_KEYS = "typecheck:dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHktMDE="
