"""Permission to depart from the rules' prices."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from kernel.core.errors import FieldError, Forbidden
from kernel.tenancy.actors import current_actor
from tenant_apps.orders.rules.lines import NewLine, OrderAdjustments

PERMISSION = "orders.discount"


class DiscountNotAllowed(Forbidden):
    code = "discount_not_allowed"
    title = _("Your role does not include discounts and prices of one's own")


def ensure_may_discount(*, lines: Sequence[NewLine], adjustments: OrderAdjustments) -> None:
    """Raise DiscountNotAllowed, naming each field, unless the actor may discount or nothing is discounted."""
    if current_actor().may(PERMISSION):
        return
    fields = [f"lines.{index}.unit_price" for index, line in enumerate(lines) if line.unit_price is not None]
    if adjustments.discount:
        fields.append("discount")
    if fields:
        errors = [FieldError(field, DiscountNotAllowed.code, DiscountNotAllowed.title) for field in fields]
        raise DiscountNotAllowed(errors=errors)
