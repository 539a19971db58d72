"""Content types are numbered differently in each schema: one cache per schema.

Django keeps one cache per connection alias for the whole process, and django-tenants empties it at every switch. With
threads that is both slow and wrong: one thread's brand fills it between another's switch and look-up.
"""

import threading
from collections import OrderedDict

from django.contrib.contenttypes.models import ContentType
from django.db import connections

SCHEMAS_KEPT = 200

Key = int | tuple[str, str]


class CachePerSchema:
    """Stands in for `ContentTypeManager._cache`; forgets the schemas that were used longest ago."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, str], dict[Key, ContentType]] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, alias: str) -> dict[Key, ContentType]:
        """Return the cache of the schema that is current on this connection, made when it is missing."""
        key = (alias, str(getattr(connections[alias], "schema_name", "")))
        with self._lock:
            entries = self._entries.setdefault(key, {})
            self._entries.move_to_end(key)
            if len(self._entries) > SCHEMAS_KEPT:
                self._entries.popitem(last=False)
            return entries

    def setdefault(self, alias: str, _default: object) -> dict[Key, ContentType]:
        """Add an entry, as Django does."""
        return self[alias]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def install() -> None:
    """Give Django's manager of content types the cache above. Called when the backend is loaded; may be repeated."""
    if isinstance(getattr(ContentType.objects, "_cache", None), CachePerSchema):
        return
    cache = CachePerSchema()
    for manager in (*ContentType._meta.local_managers, *ContentType._meta.managers):
        manager.__dict__["_cache"] = cache
