"""Undo an import of past orders, unless something refers to them. Created products and customers stay."""

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import Conflict
from kernel.core.money import ZERO
from tenant_apps.finance import services as finance
from tenant_apps.finance.services import NewTransfer
from tenant_apps.finance.states import AccountCode
from tenant_apps.imports.services.importer import Run
from tenant_apps.orders.states import OrderKind

# The numbers of one import follow each other: they were taken in one statement. A longer number is a later one.
_IS_OURS = """channel_id = %(channel)s AND (length(number), number)
    BETWEEN (length(%(first)s), %(first)s) AND (length(%(last)s), %(last)s)"""
_SUMS = f"""
SELECT (placed_at AT TIME ZONE %(zone)s)::date AS day,
       COALESCE(sum(total) FILTER (WHERE kind <> %(return)s), 0),
       COALESCE(sum(refunded_amount) - COALESCE(sum(total) FILTER (WHERE kind = %(return)s), 0), 0),
       min(placed_at)
FROM orders_order WHERE {_IS_OURS} GROUP BY day ORDER BY day
"""  # noqa: S608 - constants
_DELETE_LINES = f"DELETE FROM orders_orderline WHERE order_id IN (SELECT id FROM orders_order WHERE {_IS_OURS})"  # noqa: S608
_DELETE_SEARCH = _DELETE_LINES.replace("orders_orderline", "orders_ordersearch")
_DELETE_ORDERS = f"DELETE FROM orders_order WHERE {_IS_OURS}"  # noqa: S608


class HistoryInUse(Conflict):
    code = "history_in_use"
    title = _("These orders have been processed further: the import cannot be undone")


def undo_history(run: Run) -> None:
    """Delete the job's orders and reverse its ledger entries. Raises HistoryInUse."""
    if not run.job.result:
        return
    values = {
        **run.job.result,
        "channel": run.job.channel,
        "zone": str(clock.brand_zone()),
        "return": OrderKind.RETURN.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, values)
        days = cursor.fetchall()
        try:
            with transaction.atomic():
                cursor.execute(_DELETE_LINES, values)
                cursor.execute(_DELETE_SEARCH, values)
                cursor.execute(_DELETE_ORDERS, values)
        except IntegrityError as error:
            raise HistoryInUse from error
    for day, sales, returns, first in days:
        transfers = []
        if sales > ZERO:
            transfers.append(NewTransfer(AccountCode.REVENUE, AccountCode.PLATFORM_CLEARING, sales))
        if returns > ZERO:
            transfers.append(NewTransfer(AccountCode.PLATFORM_CLEARING, AccountCode.REVENUE, returns))
        if transfers:
            finance.post_entry(
                source=f"import:{run.job.id}:{day:%Y-%m-%d}:undone",
                occurred_at=first,
                memo=gettext("Imported orders of %(day)s, undone") % {"day": day.isoformat()},
                transfers=transfers,
            )
