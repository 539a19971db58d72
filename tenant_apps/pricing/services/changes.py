"""Draft, preview, schedule and cancel price changes.

Scheduling writes the prices as rows that begin at the moment: nothing has to run then, and an order before it pays the
old price. Two changes may touch the same price at different moments; each holds from its own.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, FieldError, Invalid
from kernel.core.integrity import refine_integrity_error
from kernel.core.states import compare_and_set
from kernel.tenancy.actors import current_actor
from tenant_apps.pricing.models import LevelPrice, PlannedPrice, PriceChange
from tenant_apps.pricing.selectors.changes import get_change
from tenant_apps.pricing.services.level_prices import NewLevelPrice, ensure_valid_level_prices
from tenant_apps.pricing.states import ChangeState

MAX_PRICES = 100_000
MAX_NAME_LENGTH = 100


class InvalidPriceChange(Invalid):
    code = "invalid_price_change"
    title = _("The price change breaks a rule")


class ChangeNotADraft(Conflict):
    code = "change_not_a_draft"
    title = _("The change is scheduled or cancelled and cannot be altered")


class ChangeInForce(Conflict):
    code = "change_in_force"
    title = _("The change is in force already; make a new one instead")


class PricesPlannedTwice(Conflict):
    code = "prices_planned_twice"
    title = _("Another price begins at the same moment")


@transaction.atomic
def draft_change(*, name: str, effective_at: datetime, now: datetime) -> PriceChange:
    """Begin a change that is to take effect at a moment to come. Raises InvalidPriceChange."""
    _check_head(name, effective_at, now)
    change = PriceChange.objects.create(
        name=name.strip(), effective_at=effective_at, created_by=current_actor().label, created_at=now
    )
    audit.record(
        action="pricing.change_drafted",
        subject=f"price_change:{change.pk}",
        after={"name": change.name, "effective_at": effective_at},
    )
    return change


@transaction.atomic
def revise_change(*, change_id: int, name: str, effective_at: datetime, now: datetime) -> PriceChange:
    """Give a draft another name and moment. Raises PriceChangeNotFound, ChangeNotADraft, InvalidPriceChange."""
    change = _lock_draft(change_id)
    _check_head(name, effective_at, now)
    before = {"name": change.name, "effective_at": change.effective_at}
    change.name = name.strip()
    change.effective_at = effective_at
    change.save(update_fields=["name", "effective_at"])
    audit.record(
        action="pricing.change_revised",
        subject=f"price_change:{change.pk}",
        before=before,
        after={"name": change.name, "effective_at": effective_at},
    )
    return change


@transaction.atomic
def plan_prices(*, change_id: int, prices: Sequence[NewLevelPrice]) -> int:
    """Put prices into a draft, new ones or instead of those planned; returns how many it holds.

    Raises PriceChangeNotFound, ChangeNotADraft, InvalidLevelPrices, InvalidPriceChange (more than 100,000).
    """
    change = _lock_draft(change_id)
    ensure_valid_level_prices(prices)
    PlannedPrice.objects.bulk_create(
        [
            PlannedPrice(
                change=change,
                level_id=new.level_id,
                variant_id=new.variant_id,
                min_quantity=new.min_quantity,
                price=new.price,
            )
            for new in prices
        ],
        batch_size=5_000,
        update_conflicts=True,
        unique_fields=["change", "level", "variant", "min_quantity"],
        update_fields=["price"],
    )
    count = PlannedPrice.objects.filter(change=change).count()
    if count > MAX_PRICES:
        raise InvalidPriceChange(_("A change holds %(most)d prices at most.") % {"most": MAX_PRICES}, field="prices")
    audit.record(
        action="pricing.change_planned", subject=f"price_change:{change.pk}", after={"set": len(prices), "holds": count}
    )
    return count


@transaction.atomic
def drop_planned_price(*, change_id: int, planned_id: int) -> None:
    """Remove a price from a draft; one that is not in it is no error. Raises PriceChangeNotFound, ChangeNotADraft."""
    change = _lock_draft(change_id)
    PlannedPrice.objects.filter(change=change, id=planned_id).delete()
    audit.record(action="pricing.change_planned", subject=f"price_change:{change.pk}", after={"dropped": planned_id})


@transaction.atomic
def schedule_change(*, change_id: int, now: datetime) -> PriceChange:
    """Let a draft take effect at its moment. Orders placed before keep their prices.

    Raises PriceChangeNotFound, ChangeNotADraft, InvalidPriceChange (no price, a moment that has passed),
    PricesPlannedTwice naming the prices that another change sets at the very same moment.
    """
    change = _lock_draft(change_id)
    planned = list(change.prices.order_by("level_id", "variant_id", "min_quantity"))
    if not planned:
        raise InvalidPriceChange(_("The change holds no price yet."), field="prices")
    _check_moment(change.effective_at, now)
    _refuse_the_same_moment(change)
    together = LevelPrice.objects.filter(
        counts_product=True, level_id__in={one.level_id for one in planned}, valid_until=None
    )
    counted = set(together.values_list("level_id", "variant_id", "min_quantity"))
    rows = [
        LevelPrice(
            level_id=one.level_id,
            variant_id=one.variant_id,
            min_quantity=one.min_quantity,
            price=one.price,
            # A new price does not change how its break is counted.
            counts_product=(one.level_id, one.variant_id, one.min_quantity) in counted,
            valid_from=change.effective_at,
            change=change,
        )
        for one in planned
    ]
    with refine_integrity_error({"pricing_level_price_one_per_moment": PricesPlannedTwice}):
        LevelPrice.objects.bulk_create(rows, batch_size=5_000)
    change = _move(change, ChangeState.DRAFT, ChangeState.SCHEDULED, scheduled_at=now)
    audit.record(
        action="pricing.change_scheduled",
        subject=f"price_change:{change.pk}",
        after={"prices": len(rows), "effective_at": change.effective_at},
    )
    return change


@transaction.atomic
def cancel_change(*, change_id: int, now: datetime) -> PriceChange:
    """Drop a draft, or a scheduled change before its moment: its prices never come, what was planned stays readable.

    Raises PriceChangeNotFound, ChangeInForce, StateChanged (cancelled before).
    """
    change = _lock(change_id)
    state = ChangeState(change.state)
    if state == ChangeState.SCHEDULED and change.effective_at <= now:
        raise ChangeInForce
    expected = ChangeState.DRAFT if state == ChangeState.DRAFT else ChangeState.SCHEDULED
    change = _move(change, expected, ChangeState.CANCELLED, cancelled_at=now)
    # No order was placed at them, so nothing has to be explained by them.
    LevelPrice.objects.filter(change=change, valid_from__gt=now).delete()
    audit.record(action="pricing.change_cancelled", subject=f"price_change:{change.pk}", before={"state": state})
    return change


def _move(change: PriceChange, expected: ChangeState, wanted: ChangeState, **moments: datetime) -> PriceChange:
    changes = PriceChange.objects.filter(id=change.pk)
    compare_and_set(changes, field="state", expected=expected, wanted=wanted, **moments)
    change.refresh_from_db()
    return change


def _lock(change_id: int) -> PriceChange:
    get_change(change_id=change_id)
    return PriceChange.objects.select_for_update().get(id=change_id)


def _lock_draft(change_id: int) -> PriceChange:
    change = _lock(change_id)
    if change.state != ChangeState.DRAFT:
        raise ChangeNotADraft
    return change


def _check_head(name: str, effective_at: datetime, now: datetime) -> None:
    if not 0 < len(name.strip()) <= MAX_NAME_LENGTH:
        raise InvalidPriceChange(_("A name has 1 to 100 characters."), field="name")
    _check_moment(effective_at, now)


def _check_moment(effective_at: datetime, now: datetime) -> None:
    if effective_at <= now:
        raise InvalidPriceChange(
            _("The moment has passed: orders were placed at the old prices."), field="effective_at"
        )


def _refuse_the_same_moment(change: PriceChange) -> None:
    wanted = {(one.level_id, one.variant_id, one.min_quantity) for one in change.prices.all()}
    rows = LevelPrice.objects.filter(valid_from=change.effective_at).select_related("change", "variant", "level")
    taken = [row for row in rows.order_by("id") if (row.level_id, row.variant_id, row.min_quantity) in wanted]
    if taken:
        raise PricesPlannedTwice(
            errors=[
                FieldError(
                    "prices",
                    "planned_twice",
                    _("%(sku)s for %(level)s gets a price at that moment already: %(change)s")
                    % {"sku": row.variant.sku, "level": row.level.name, "change": row.change or "—"},
                )
                for row in taken[:20]
            ]
        )
