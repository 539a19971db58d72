"""Prices of a product on each level, on the product's page."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from console.access import may_read
from console.money import format_money
from console.panels import Panel, Row
from kernel.core import clock
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors.products import list_variants
from tenant_apps.pricing.selectors.matrix import list_cells


def prices_of_product(request: HttpRequest, product_id: int) -> Panel | None:
    """Return the range of prices of one piece on each level; None without permission to see prices."""
    if not may_read(request, "pricing.view"):
        return None
    variants = list(list_variants(product_id=product_id, is_active=True))
    levels = list(agents.list_levels())
    cells = list_cells(
        level_ids=[level.pk for level in levels], variant_ids=[one.pk for one in variants], as_of=clock.now()
    )
    rows = []
    for place, level in enumerate(levels if variants else ()):
        prices = sorted(cells[one.pk][place].resolved.price for one in variants)
        ends = dict.fromkeys(format_money(price) for price in (prices[0], prices[-1]))
        rows.append(Row(title=level.name, side=" – ".join(ends)))
    search = urlencode({"q": variants[0].product.name}) if variants else ""
    return Panel(
        key="prices",
        title=_("Prices by level"),
        icon="sell",
        rows=rows,
        empty=_("No level or no variant for sale yet."),
        more=f"{reverse('pricing:matrix')}?{search}",
    )
