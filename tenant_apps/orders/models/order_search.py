"""Table of what orders are found by. A table of its own: an order's row is rewritten with each step of its life."""

from collections.abc import Collection, Iterable, Sequence
from typing import ClassVar, Final

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.china.search_terms import Word
from kernel.database.term_index import matches, terms_field, terms_index
from tenant_apps.orders.models.order import Order

_PUT: Final = """
    INSERT INTO orders_ordersearch (order_id, terms)
    VALUES (rows)
    ON CONFLICT (order_id) DO UPDATE SET terms = EXCLUDED.terms
"""
_ADD: Final = """
    UPDATE orders_ordersearch SET terms = terms || %s::text[] WHERE order_id = %s AND NOT terms @> %s::text[]
"""
# Orders of a file have an empty row at first. Orders of an older release have none: all those below the oldest row, and
# single ones among the latest, which a process of that release may still place.
_LATEST: Final = 50_000
_UNKNOWN: Final = """
    (SELECT order_id FROM orders_ordersearch WHERE terms = '{}' ORDER BY order_id DESC LIMIT %s)
    UNION ALL
    (SELECT placed.id FROM orders_order AS placed
    WHERE (placed.id < coalesce((SELECT min(order_id) FROM orders_ordersearch), 9223372036854775807)
           OR placed.id > (SELECT max(id) FROM orders_order) - %s)
      AND NOT EXISTS (SELECT 1 FROM orders_ordersearch AS known WHERE known.order_id = placed.id)
    ORDER BY placed.id DESC LIMIT %s)
    LIMIT %s
"""
MAX_FEW: Final = 2_000
_LATER: Final = "INSERT INTO orders_ordersearch (order_id) SELECT unnest(%s::bigint[])"


class OrderSearchQuerySet(models.QuerySet["OrderSearch"]):
    def put(self, rows: Sequence[tuple[int, list[str]]]) -> None:
        """Write the orders' terms, in place of what was kept."""
        values = [value for row in rows for value in row]
        with connection.cursor() as cursor:
            cursor.execute(_PUT.replace("(rows)", ", ".join(["(%s, %s)"] * len(rows))), values)

    def add(self, order_id: int, terms: Iterable[str]) -> None:
        """Add terms to an order's. One that has none yet gets all of its with the next filling."""
        new = sorted(terms)
        if new:
            with connection.cursor() as cursor:
                cursor.execute(_ADD, [new, order_id, new])

    def find(self, words: Sequence[Word]) -> "list[int] | models.QuerySet[OrderSearch, int]":
        """Return the ids of the orders that hold every word; where they are many, the query for them.

        Of rare terms the planner knows no frequency. It would take them for frequent, and read all orders from the
        newest on until a page is full: so a few are read by the index at once.
        """
        found = self.filter(matches(words)).order_by().values_list("order_id", flat=True)
        few = list(found[: MAX_FEW + 1])
        return few if len(few) <= MAX_FEW else found

    def leave_for_later(self, order_ids: list[int]) -> None:
        """Note new orders as unknown: the next filling makes them findable."""
        with connection.cursor() as cursor:
            cursor.execute(_LATER, [order_ids])

    def find_unknown(self, limit: int) -> list[int]:
        """Return the ids of orders that nobody can find, the latest first."""
        with connection.cursor() as cursor:
            cursor.execute(_UNKNOWN, [limit, _LATEST, limit, limit])
            return [order_id for (order_id,) in cursor.fetchall()]

    def read_terms(self, order_ids: Collection[int]) -> dict[int, list[str]]:
        return dict(self.filter(pk__in=order_ids).order_by("pk").values_list("pk", "terms"))


class OrderSearch(models.Model):
    """Terms of an order; `rules.search` says which."""

    order = models.OneToOneField(Order, models.CASCADE, primary_key=True, related_name="+")
    terms = terms_field()

    objects = OrderSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("search term of an order")
        verbose_name_plural = _("search terms of orders")
        indexes: ClassVar = [
            terms_index("orders_search_terms"),
            models.Index(fields=["order"], condition=Q(terms=[]), name="orders_search_unknown"),
        ]

    def __str__(self) -> str:
        return f"order:{self.pk}"
