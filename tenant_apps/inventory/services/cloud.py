"""Book goods into and out of the cloud stock of agents."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict
from kernel.core.integrity import refine_integrity_error
from tenant_apps.inventory.models import CloudMovement, CloudStock
from tenant_apps.inventory.services.booking import AlreadyBooked
from tenant_apps.inventory.states import CloudKind

__all__ = ["CloudKind", "CloudStockShort", "book_cloud"]

CHANGE_CLOUD = """
    UPDATE inventory_cloudstock AS cloud SET balance = cloud.balance + change.pieces
    FROM unnest(%s::bigint[], %s::int[]) AS change (variant_id, pieces)
    WHERE cloud.agent_id = %s AND cloud.variant_id = change.variant_id
    RETURNING cloud.variant_id, cloud.balance
"""


class CloudStockShort(Conflict):
    """Less is kept for the agent; `variant_ids` are the goods that are short."""

    code = "cloud_stock_short"
    title = _("The agent's cloud stock does not have so many pieces")
    variant_ids: frozenset[int] = frozenset()


@transaction.atomic(savepoint=False)
def book_cloud(*, agent_id: int, source: str, kind: CloudKind, goods: Mapping[int, int], now: datetime) -> None:
    """Add pieces by variant to the agent's cloud stock, or take them (< 0), all or nothing, each source once.

    Rows are locked in the order of variants. Raises CloudStockShort, AlreadyBooked.
    """
    wanted = {variant_id: pieces for variant_id, pieces in sorted(goods.items()) if pieces}
    CloudStock.objects.bulk_create(
        [CloudStock(agent_id=agent_id, variant_id=one) for one, pieces in wanted.items() if pieces > 0],
        ignore_conflicts=True,
    )
    locked = CloudStock.objects.select_for_update(no_key=True).filter(agent_id=agent_id, variant_id__in=wanted)
    held = {row.variant_id: row.balance for row in locked.order_by("variant_id", "id")}
    short = frozenset(one for one, pieces in wanted.items() if held.get(one, 0) + pieces < 0)
    if short:
        refusal = CloudStockShort()
        refusal.variant_ids = short
        raise refusal
    with refine_integrity_error(
        {"inventory_cloud_never_overdrawn": CloudStockShort, "inventory_cloud_movement_once": AlreadyBooked}
    ):
        balances = _change(agent_id, wanted)
        CloudMovement.objects.bulk_create(
            CloudMovement(
                source=source,
                kind=kind,
                agent_id=agent_id,
                variant_id=variant_id,
                quantity=pieces,
                balance_after=balances[variant_id],
                occurred_at=now,
            )
            for variant_id, pieces in wanted.items()
        )


def _change(agent_id: int, wanted: Mapping[int, int]) -> dict[int, int]:
    """Change the locked balances in one statement; map variant to the balance after it."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGE_CLOUD, (list(wanted), list(wanted.values()), agent_id))
        return dict(cursor.fetchall())
