"""Set discounts of a level on a category, or on everything, where no price is set."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from tenant_apps.catalog.selectors import categories
from tenant_apps.pricing.models import CategoryDiscount
from tenant_apps.pricing.services import checking

_SIX_PLACES = Decimal("0.000001")


@transaction.atomic
def set_discount(
    *,
    level_id: int,
    category_id: int | None,
    rate: Decimal,
    now: datetime,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> CategoryDiscount:
    """Let a level pay the fraction `rate` (0.8: 80 %) of the retail price for a category and all below it; without a
    category for everything.

    Without `valid_from` the first discount holds from the beginning, a later one from `now` on. Raises
    InvalidPriceRule.
    """
    complaints = checking.Complaints()
    complaints.level(level_id)
    known = category_id is None or categories.list_categories().filter(id=category_id).exists()
    complaints.unless(known, "category_id", "unknown_category", _("There is no such category."))
    right = rate.is_finite() and 0 < rate <= 1 and rate == rate.quantize(_SIX_PLACES)
    complaints.unless(
        right, "rate", "invalid_rate", _("A discount lies between 0.000001 and 1: 0.85 means 85 % of the retail price.")
    )
    complaints.period(valid_from=valid_from, valid_until=valid_until, now=now)
    complaints.raise_any()
    begins = checking.beginning(_rows(level_id, category_id), valid_from=valid_from, now=now)
    row, _made = CategoryDiscount.objects.update_or_create(
        **_key(level_id, category_id),
        valid_from=begins,
        defaults={"rate": rate, "valid_until": valid_until},
    )
    audit.record(
        action="pricing.discount", subject=f"level:{level_id}", after={**_facts(row), "valid_until": valid_until}
    )
    return row


@transaction.atomic
def end_discount(*, discount_id: int, now: datetime) -> None:
    """End a discount now; one that is still to come disappears. Raises PriceRuleNotFound."""
    row = CategoryDiscount.objects.select_for_update().filter(id=discount_id).first()
    if row is None:
        raise checking.PriceRuleNotFound
    before = _facts(row)
    checking.end_rule(row, rows=_rows(row.level_id, row.category_id), now=now)
    audit.record(action="pricing.discount_ended", subject=f"level:{row.level_id}", before=before)


def _rows(level_id: int, category_id: int | None) -> QuerySet[CategoryDiscount]:
    return CategoryDiscount.objects.filter(**_key(level_id, category_id))


def _key(level_id: int, category_id: int | None) -> dict[str, Any]:
    return {"level_id": level_id, "category_id": category_id}


def _facts(row: CategoryDiscount) -> dict[str, object]:
    return {"category": row.category_id, "rate": row.rate, "valid_from": row.valid_from}
