"""Cache content types per schema, since their ids differ between schemas.

Django has one cache per connection alias and process, and django-tenants empties it at every switch. With threads that
is both slow and wrong: one thread fills it between another's switch and look-up.
"""

import threading
from collections import OrderedDict

from django.contrib.contenttypes.models import ContentType
from django.db import connections

SCHEMAS_KEPT = 200

Key = int | tuple[str, str]


class CachePerSchema:
    """Replacement for `ContentTypeManager._cache`; evicts the least recently used schemas."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, str], dict[Key, ContentType]] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, alias: str) -> dict[Key, ContentType]:
        """Return the cache of the connection's current schema, created if missing."""
        key = (alias, str(getattr(connections[alias], "schema_name", "")))
        with self._lock:
            entries = self._entries.setdefault(key, {})
            self._entries.move_to_end(key)
            if len(self._entries) > SCHEMAS_KEPT:
                self._entries.popitem(last=False)
            return entries

    def setdefault(self, alias: str, _default: object) -> dict[Key, ContentType]:
        return self[alias]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def install() -> None:
    """Replace the cache of Django's ContentTypeManager. Called when the backend is loaded; may be repeated."""
    if isinstance(getattr(ContentType.objects, "_cache", None), CachePerSchema):
        return
    cache = CachePerSchema()
    for manager in (*ContentType._meta.local_managers, *ContentType._meta.managers):
        manager.__dict__["_cache"] = cache
