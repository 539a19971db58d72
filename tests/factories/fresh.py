"""Reset the process between tests.

pytest-django rolls the database back. Counters in Redis, caches of the process, and thread state of the last request
(brand, person, language, time zone, addresses) are not rolled back: each test starts without them.
"""

import os
import secrets
from itertools import count

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.db import connection
from django.urls import set_script_prefix, set_urlconf
from django.utils import timezone, translation
from kombu.transport.memory import Channel

from kernel.core import counters, throttling
from kernel.events import outbox
from kernel.tenancy import actors, origin
from kernel.tenancy.context import leave_brand
from shared_apps.support.selectors import announcements
from shared_apps.tenants import selectors as tenants

RUN = f"test-{os.getpid()}-{secrets.token_hex(3)}"
_numbers = count()


def forget_counters() -> None:
    """Count anew from here on: throttles, marks and cached values get keys that nobody has used yet.

    Emptying the database of the cache would take away what another run of the tests counts there.
    """
    prefix = f"{RUN}:{next(_numbers)}"
    settings.CACHES["default"]["KEY_PREFIX"] = prefix
    caches["default"].key_prefix = prefix
    AxesProxyHandler.implementation = None  # keeps a cache object of its own
    throttling._leases.clear()
    throttling._pause_until = 0.0
    with tenants._hosts_lock:
        tenants._hosts.clear()
    tenants._changes._mark = ""
    tenants._changes._ask_at = 0.0
    announcements.forget_banners()


def forget_thread() -> None:
    """Leave brand, person, origin, language, time zone and addresses, as on a thread that has served nobody yet."""
    leave_brand()
    actors._current.set(actors.SYSTEM)
    origin._current.set(origin.Origin())
    translation.deactivate()
    timezone.deactivate()
    set_urlconf(None)
    set_script_prefix("/")


def forget_process() -> None:
    """Forget everything that one test could leave for the next."""
    forget_counters()
    forget_thread()
    ContentType.objects.clear_cache()
    Channel.queues.clear()  # messages that nobody fetched
    connection.force_debug_cursor = False


def delete_counters() -> None:
    """Remove this run's keys from Redis."""
    redis = counters.client()
    for key in redis.scan_iter(match=f"*{RUN}:*", count=1_000):
        redis.delete(key)


class Registrations:
    """Events and handlers as they were; tests register their own."""

    def __init__(self) -> None:
        registry = outbox.registry
        self._registry = registry
        self._kinds = dict(registry.kinds)
        self._classes = dict(registry.classes)
        self._handlers = dict(registry.handlers)
        self._listeners = {event: list(names) for event, names in registry.listeners.items()}

    def restore(self) -> None:
        """Forget what was registered since."""
        self._registry.kinds = self._kinds
        self._registry.classes = self._classes
        self._registry.handlers = self._handlers
        self._registry.listeners = self._listeners
        outbox.registry = self._registry
