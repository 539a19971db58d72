"""Set dated VAT rates. Orders keep the rate of the day on which they are placed."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Invalid, NotFound
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import ProductTaxRate
from tenant_apps.catalog.services.products import lock_product


class InvalidTaxRate(Invalid):
    code = "invalid_tax_rate"
    title = _("The tax rate is one of 0.13, 0.09, 0.06, 0.03, 0.01 and 0.")


class TaxRateNotFound(NotFound):
    code = "tax_rate_not_found"
    title = _("No tax rate begins on this day")


@transaction.atomic
def set_tax_rate(*, product_id: int, valid_from: date, rate: Decimal) -> ProductTaxRate:
    """Set the product's VAT rate (a fraction) from a day on; the same day again replaces it.

    Raises ProductNotFound, InvalidTaxRate.
    """
    if rate not in rules.TAX_RATES:
        raise InvalidTaxRate(field="rate")
    product = lock_product(product_id)
    before = ProductTaxRate.objects.filter(product=product, valid_from=valid_from).first()
    row, _made = ProductTaxRate.objects.update_or_create(
        product=product, valid_from=valid_from, defaults={"rate": rate}
    )
    _record(product_id, valid_from, before.rate if before else None, rate)
    return row


@transaction.atomic
def remove_tax_rate(*, product_id: int, valid_from: date) -> None:
    """Remove a dated rate; the previous one stays in force. Raises ProductNotFound, TaxRateNotFound."""
    row = ProductTaxRate.objects.filter(product=lock_product(product_id), valid_from=valid_from).first()
    if row is None:
        raise TaxRateNotFound
    row.delete()
    _record(product_id, valid_from, row.rate, None)


def _record(product_id: int, day: date, before: Decimal | None, after: Decimal | None) -> None:
    audit.record(
        action="catalog.tax_rate",
        subject=f"product:{product_id}",
        before={"valid_from": day, "tax_rate": before},
        after={"valid_from": day, "tax_rate": after},
    )
