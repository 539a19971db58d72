"""Set for how many days the brand takes goods back."""

from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Invalid
from tenant_apps.orders.models import OrderSettings
from tenant_apps.orders.rules.after_sales import DEFAULT_RETURN_DAYS, MAX_RETURN_DAYS
from tenant_apps.orders.selectors.after_sales import get_return_days

_ONE_ROW: Final = 1


class InvalidReturnDays(Invalid):
    code = "invalid_return_days"
    title = _("The right of return lasts for 7 to 1,095 days")


@transaction.atomic
def set_return_days(*, days: int) -> None:
    """Set the days of the right of return, counted from the day after signing. Raises InvalidReturnDays."""
    if not DEFAULT_RETURN_DAYS <= days <= MAX_RETURN_DAYS:
        raise InvalidReturnDays(field="return_days")
    OrderSettings.objects.get_or_create(pk=_ONE_ROW)
    settings = OrderSettings.objects.select_for_update().get(pk=_ONE_ROW)
    before = get_return_days()
    settings.values = {**settings.values, "return_days": days}
    settings.save(update_fields=["values"])
    audit.record(
        action="orders.return_days_changed",
        subject="after_sale_settings:1",
        before={"return_days": before},
        after={"return_days": days},
    )
