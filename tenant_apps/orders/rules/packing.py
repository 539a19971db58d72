"""Limit the orders on one page of parcels or slips."""

from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Invalid

MAX_ORDERS: Final = 200


class TooManySelected(Invalid):
    code = "too_many_selected"
    title = _("Too many orders are selected")


def ensure_fit_a_page(count: int) -> None:
    """Raises TooManySelected: a page that left some out in silence would leave parcels unsent."""
    if count > MAX_ORDERS:
        said = gettext("%(count)d orders are selected; a page takes %(most)d. Filter the list or select fewer.")
        raise TooManySelected(said % {"count": count, "most": MAX_ORDERS})
