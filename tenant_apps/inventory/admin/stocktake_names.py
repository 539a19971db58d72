"""Names of stocktakes where lists show documents."""

from collections.abc import Collection, Mapping

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from console.access import may_read
from tenant_apps.inventory.selectors.stocktakes import get_stocktake_numbers


def name_stocktakes(request: HttpRequest, stocktake_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
    """Map stocktakes to their names in words, and to their pages where this person may open them."""
    may_open = may_read(request, "inventory.view")
    return {
        pk: (
            gettext("Stocktake %(number)s") % {"number": number},
            reverse("brand:inventory_stocktake_change", args=[pk]) if may_open else "",
        )
        for pk, number in get_stocktake_numbers(stocktake_ids=stocktake_ids).items()
    }
