"""Names of transfers where lists show documents."""

from collections.abc import Collection, Mapping

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from console.access import may_read
from tenant_apps.inventory.selectors.transfers import get_transfer_numbers


def name_transfers(request: HttpRequest, transfer_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
    """Map transfers to their names in words, and to their pages where this person may open them."""
    may_open = may_read(request, "inventory.view")
    return {
        pk: (
            gettext("Transfer %(number)s") % {"number": number},
            reverse("brand:inventory_transfer_change", args=[pk]) if may_open else "",
        )
        for pk, number in get_transfer_numbers(transfer_ids=transfer_ids).items()
    }
