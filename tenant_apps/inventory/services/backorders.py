"""Sell goods beyond stock for a promised day, and give them to whoever waits as they arrive."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, FieldError
from kernel.core.integrity import refine_integrity_error
from kernel.events import due
from tenant_apps.inventory.models import Backorder, Reservation, SkuSetting, Stock, Warehouse
from tenant_apps.inventory.models.stock import Change, LockedOffer
from tenant_apps.inventory.rules.backorders import allow, share_out
from tenant_apps.inventory.rules.lines import InsufficientStock, StockLine, ensure_available
from tenant_apps.inventory.rules.sourcing import Place, choose_sources, read_regions
from tenant_apps.inventory.selectors.backorders import list_fillable
from tenant_apps.inventory.selectors.batches import get_setting
from tenant_apps.inventory.services.booking import FILL_WORK, change_stock
from tenant_apps.inventory.services.sku_settings import InvalidSetting
from tenant_apps.inventory.states import OversellPolicy

MAX_LIMIT = 1_000_000
AGAIN = timedelta(seconds=15)


class StillWaiting(Conflict):
    code = "still_waiting"
    title = _("More pieces wait for these goods than that")


@transaction.atomic
def set_oversell(
    *,
    variant_id: int,
    policy: str,
    promised_on: date | None = None,
    limit: int | None = None,
    moves_waiting: bool = False,
    now: datetime,
) -> SkuSetting:
    """Let a SKU be sold beyond stock, promised by a day, while no more than `limit` pieces (None: any) wait; or stop.

    `moves_waiting` gives the new day to the orders that wait as well. Raises InvalidSetting, StillWaiting,
    VariantNotFound.
    """
    setting = get_setting(variant_id=variant_id)
    _ensure_valid(policy, promised_on, limit, clock.business_date(now))
    # All rows of stock are locked, and made where there are none: an order that finds too little holds them until its
    # pieces wait, so goods that arrive meanwhile are seen.
    Stock.objects.lock_pairs([variant_id], list(Warehouse.objects.values_list("id", flat=True)))
    if setting.pk is None:
        setting.save()
    setting = SkuSetting.objects.select_for_update(no_key=True).get(pk=setting.pk)
    before = _facts(setting)
    allowed = 0 if policy == OversellPolicy.NONE else limit
    if allowed is not None and setting.waiting > allowed:
        detail = _("%(pieces)d pieces wait: set the limit to %(pieces)d to sell no more of them ahead")
        field = "policy" if policy == OversellPolicy.NONE else "limit"
        raise StillWaiting(detail % {"pieces": setting.waiting}, field=field)
    setting.oversell = policy
    setting.promised_on = promised_on
    setting.oversell_limit = limit
    setting.save(update_fields=["oversell", "promised_on", "oversell_limit"])
    if moves_waiting and promised_on is not None:
        Backorder.objects.filter(variant_id=variant_id).waiting().update(promised_on=promised_on)
    after = {**_facts(setting), "moves_waiting": moves_waiting}
    audit.record(action="inventory.set_oversell", subject=f"variant:{variant_id}", before=before, after=after)
    return setting


def _ensure_valid(policy: str, promised_on: date | None, limit: int | None, today: date) -> None:
    if policy not in OversellPolicy.values:
        raise InvalidSetting(_("The policy is none, backorder or presale"), field="policy")
    if policy == OversellPolicy.NONE:
        if promised_on is not None or limit is not None:
            field = "limit" if promised_on is None else "promised_on"
            raise InvalidSetting(_("Without selling beyond stock there is no day and no limit"), field=field)
        return
    if promised_on is None or promised_on < today:
        raise InvalidSetting(_("Enter the day by which the goods are promised, today or later"), field="promised_on")
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        raise InvalidSetting(_("The limit is 1 to 1,000,000 pieces"), field="limit")


def _facts(setting: SkuSetting) -> dict[str, object]:
    return {
        "oversell": str(setting.oversell),
        "promised_on": setting.promised_on,
        "oversell_limit": setting.oversell_limit,
    }


def plan_waiting(
    lines: Sequence[StockLine], short: Mapping[int, int], available: Mapping[int, int], now: datetime
) -> dict[int, SkuSetting]:
    """Lock the settings of variants that lack pieces; return those, if all that is lacking may wait.

    Raises InsufficientStock with an error for each line beyond what is in stock and may be sold ahead.
    """
    settings = Backorder.objects.lock_settings(list(short))
    allowed = {pk: allow(one, clock.business_date(now)) for pk, one in settings.items()}
    left = {pk: one.left for pk, one in allowed.items() if one is not None}
    ensure_available(lines, {**available, **{pk: available.get(pk, 0) + left.get(pk, 0) for pk in short}})
    return settings


def let_wait(source: str, pieces: Mapping[int, int], settings: Mapping[int, SkuSetting]) -> None:
    """Let pieces of locked settings wait for the source. Raises InsufficientStock."""
    with refine_integrity_error(
        {"inventory_waiting_within_limit": InsufficientStock, "inventory_oversell_is_promised": InsufficientStock}
    ):
        Backorder.objects.change_waiting(pieces)
        Backorder.objects.open_rows(source, pieces, settings)
    due.note(FILL_WORK)  # goods that arrived in the same moment have not seen them wait


def release_waiting(source: str, wanted: Mapping[int, int] | None = None) -> dict[int, int]:
    """Give up pieces that wait for the source, all or those `wanted`; return what is left to be given up elsewhere."""
    left = dict(wanted or {})
    ids = [row.variant_id for row in Backorder.objects.filter(source=source).waiting()]
    if not ids:
        return left
    Backorder.objects.lock_settings(ids)
    changes = []
    given_up: dict[int, int] = {}
    for row in Backorder.objects.filter(source=source, variant_id__in=ids).waiting().order_by("variant_id"):
        pieces = row.open if wanted is None else min(row.open, left.get(row.variant_id, 0))
        if pieces:
            left[row.variant_id] = left.get(row.variant_id, 0) - pieces
            given_up[row.variant_id] = -pieces
            changes.append((row.pk, 0, pieces))
    if changes:
        Backorder.objects.change_waiting(given_up)
        Backorder.objects.move(changes)
    return left


def fill_waiting(*, now: datetime) -> datetime | None:
    """Reserve goods that have arrived for the orders that wait for them, the oldest first.

    Returns the time to try again, where an order was at work on its goods meanwhile.
    """
    busy = [variant_id for variant_id in list_fillable() if not _fill(variant_id, now)]
    return now + AGAIN if busy else None


@transaction.atomic
def _fill(variant_id: int, now: datetime) -> bool:
    """Return False where a source that waits is at work on its reservations, and was passed over."""
    locked = Stock.objects.lock_offers([variant_id], warehouse_id=None, now=now, today=clock.business_date(now))
    Backorder.objects.lock_settings([variant_id])
    rows = list(Backorder.objects.filter(variant_id=variant_id).waiting().order_by("id"))
    free = {one.balance.warehouse_id: max(one.balance.available - one.stale, 0) for one in locked}
    shared = share_out([(row.pk, row.open) for row in rows], sum(free.values()))
    sources = {row.pk: row.source for row in rows}
    held = Reservation.objects.filter(source__in=[sources[pk] for pk, _pieces in shared], variant_id=variant_id)
    # A source that ships or cancels holds its reservations and waits for the stock held here: it is passed over.
    idle = set(held.select_for_update(no_key=True, skip_locked=True).values_list("source", flat=True))
    busy = set(held.values_list("source", flat=True)) - idle
    taken = [(pk, pieces) for pk, pieces in shared if sources[pk] not in busy]
    for pk, pieces in taken:
        _reserve_for(sources[pk], variant_id, pieces, locked, free)
    if taken:
        Backorder.objects.move([(pk, pieces, 0) for pk, pieces in taken])
        Backorder.objects.change_waiting({variant_id: -sum(pieces for _pk, pieces in taken)})
        audit.record_many(
            action="inventory.fill_backorder",
            records=[(sources[pk], None, {"variant_id": variant_id, "pieces": pieces}) for pk, pieces in taken],
        )
    return not busy


def _reserve_for(
    source: str, variant_id: int, pieces: int, locked: Sequence[LockedOffer], free: dict[int, int]
) -> None:
    places = [Place(one.balance.warehouse_id, one.priority, read_regions(one.regions)) for one in locked]
    offers = {(variant_id, warehouse_id): here for warehouse_id, here in free.items()}
    parts = choose_sources({variant_id: pieces}, offers, places)
    stock_ids = {one.balance.warehouse_id: one.balance.id for one in locked}
    change_stock([Change(stock_ids[part.warehouse_id], reserved=part.quantity) for part in parts])
    Reservation.objects.open_rows(source, parts, None, is_more=True)
    for part in parts:
        free[part.warehouse_id] -= part.quantity


def ensure_arrived(source: str, short: Mapping[int, int]) -> None:
    """Raise GoodsNotArrived with an error for each line (its place → variant) whose goods still wait for the source."""
    waits = {row.variant_id: row for row in Backorder.objects.filter(source=source).waiting()}
    errors = []
    for index, variant_id in short.items():
        row = waits.get(variant_id)
        if row is not None:
            detail = _("%(pieces)d pieces have not arrived yet; they are promised by %(day)s")
            told = detail % {"pieces": row.open, "day": f"{row.promised_on:%Y-%m-%d}"}
            errors.append(FieldError(f"lines.{index}.quantity", GoodsNotArrived.code, told))
    if errors:
        raise GoodsNotArrived(errors=errors)


class GoodsNotArrived(Conflict):
    """Goods that were sold beyond stock are to leave before they came; `errors` names each line."""

    code = "goods_not_arrived"
    title = _("Some of these goods have not arrived yet")
