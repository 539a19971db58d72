"""Compare stock with what moved, and keep the result for people to read."""

from datetime import datetime

from django.db import transaction

from kernel.core import audit
from kernel.tenancy.actors import current_actor
from tenant_apps.inventory.models import StockCheck
from tenant_apps.inventory.selectors.checks import compare_stock


@transaction.atomic
def check_stock(*, now: datetime) -> StockCheck:
    """Compare every row of stock with its movements, batches and reservations; replace the last result.

    Nothing is corrected: which figure is wrong a person finds out.
    """
    compared = compare_stock()
    values: dict[str, object] = {
        "ran_at": now,
        "ran_by": current_actor().label[:200],
        "rows": compared.rows,
        "movements": compared.movements,
        "batch_rows": compared.batch_rows,
        "found": compared.found,
        "differences": list(compared.differences),
    }
    check, _is_new = StockCheck.objects.update_or_create(pk=1, defaults=values)
    audit.record(
        action="inventory.check_stock",
        subject="stock_check:1",
        after={"rows": compared.rows, "differences": compared.found},
    )
    return check
