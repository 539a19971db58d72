"""Lock an after-sale and move it along its three tables of states."""

from datetime import datetime
from typing import Final

from kernel.core import audit
from kernel.core.states import compare_and_set, ensure_allowed
from kernel.events import due, outbox
from tenant_apps.orders.events import AfterSaleClosed
from tenant_apps.orders.models import AfterSale, Order
from tenant_apps.orders.selectors.after_sales import AfterSaleNotFound
from tenant_apps.orders.services.deadlines import COMPLETING_WORK
from tenant_apps.orders.services.locking import lock_order
from tenant_apps.orders.states import (
    AFTER_SALE_TRANSITIONS,
    GOODS_BACK_TRANSITIONS,
    OPEN_AFTER_SALES,
    SETTLEMENT_TRANSITIONS,
    AfterSaleState,
    GoodsBackState,
    SettlementState,
)

_GOODS_ARE_SETTLED: Final = frozenset({GoodsBackState.NONE, GoodsBackState.INSPECTED, GoodsBackState.WAIVED})


def lock_after_sale(after_sale_id: int) -> tuple[Order, AfterSale]:
    """Lock the order, as every change of it does, then the after-sale. Raises AfterSaleNotFound."""
    order_id = AfterSale.objects.filter(pk=after_sale_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise AfterSaleNotFound
    order = lock_order(order_id)
    return order, AfterSale.objects.select_for_update(no_key=True).get(pk=after_sale_id)


def lock_approved(after_sale_id: int) -> tuple[Order, AfterSale]:
    """As lock_after_sale; raises IllegalTransition unless it is approved."""
    order, after_sale = lock_after_sale(after_sale_id)
    ensure_allowed(AFTER_SALE_TRANSITIONS, now=AfterSaleState(after_sale.state), wanted=AfterSaleState.DONE)
    return order, after_sale


def set_state(after_sale: AfterSale, wanted: AfterSaleState, *, now: datetime, decision: str = "") -> None:
    """Decide or close the request. Raises IllegalTransition, StateChanged."""
    before = AfterSaleState(after_sale.state)
    ensure_allowed(AFTER_SALE_TRANSITIONS, now=before, wanted=wanted)
    updates: dict[str, object] = {"waiting_since": now}
    if before == AfterSaleState.REQUESTED:
        updates["decided_at"] = now
    if decision:
        updates["decision"] = decision[:200]
    if wanted not in OPEN_AFTER_SALES:
        updates["closed_at"] = now
    _set(after_sale, "state", before, wanted, updates)
    _note(after_sale, f"orders.after_sale_{wanted}", {"state": before}, {"state": wanted, "reason": decision})
    if wanted not in OPEN_AFTER_SALES:
        due.note(COMPLETING_WORK, at=now)  # the order may have waited for this alone
        outbox.publish(
            AfterSaleClosed(order_id=after_sale.order_id, after_sale_id=after_sale.pk, state=str(wanted), closed_at=now)
        )


def set_goods_state(after_sale: AfterSale, wanted: GoodsBackState, *, now: datetime, **updates: object) -> None:
    """Move the goods on. Raises IllegalTransition, StateChanged."""
    before = GoodsBackState(after_sale.goods_state)
    ensure_allowed(GOODS_BACK_TRANSITIONS, now=before, wanted=wanted)
    _set(after_sale, "goods_state", before, wanted, {"waiting_since": now, **updates})


def set_settlement(after_sale: AfterSale, wanted: SettlementState, *, now: datetime, **updates: object) -> None:
    """Settle, or waive it. Raises IllegalTransition, StateChanged."""
    before = SettlementState(after_sale.settlement_state)
    ensure_allowed(SETTLEMENT_TRANSITIONS, now=before, wanted=wanted)
    _set(after_sale, "settlement_state", before, wanted, {"waiting_since": now, "settled_at": now, **updates})


def close_when_settled(after_sale: AfterSale, *, now: datetime) -> None:
    """Close the request once nobody waits for goods, money or other goods any more."""
    if after_sale.goods_state in _GOODS_ARE_SETTLED and after_sale.settlement_state != SettlementState.DUE:
        set_state(after_sale, AfterSaleState.DONE, now=now)


def record(after_sale: AfterSale, action: str, **facts: object) -> None:
    """Write an act on the after-sale to the audit log."""
    _note(after_sale, action, None, facts)


def _set(after_sale: AfterSale, name: str, before: object, wanted: object, updates: dict[str, object]) -> None:
    compare_and_set(AfterSale.objects.filter(pk=after_sale.pk), field=name, expected=before, wanted=wanted, **updates)
    for key, value in {name: wanted, **updates}.items():
        setattr(after_sale, key, value)


def _note(after_sale: AfterSale, action: str, before: dict[str, object] | None, after: dict[str, object]) -> None:
    said = {name: value for name, value in after.items() if value not in ("", None)}
    audit.record(
        action=action,
        subject=f"after_sale:{after_sale.pk}",
        before=before,
        after={"after_sale": after_sale.number, **said},
    )
