"""Boxes of a product's page: its pictures, and its variants with price and stock."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.columns import columns_of
from console.money import format_money
from console.panels import Panel, Row
from tenant_apps.catalog.models import Variant
from tenant_apps.catalog.selectors.images import list_images

SHOWN = 8


def thumbnail(image_id: int | None) -> SafeString:
    """A small picture, or the sign of goods where there is none."""
    if image_id is None:
        return format_html('<span class="bn-thumb"><span class="{}">{}</span></span>', _ICON, "inventory_2")
    address = reverse("catalog:picture_file", args=[image_id, "thumbnail"])
    return format_html('<span class="bn-thumb"><img src="{}" alt="" loading="lazy"></span>', address)


_ICON = "material-symbols-outlined"


def pictures_of_product(product_id: int) -> Panel:
    images = list(list_images(product_id=product_id)[:SHOWN])
    return Panel(
        key="pictures",
        title=_("Pictures"),
        icon="image",
        pictures=[reverse("catalog:picture_file", args=[image.pk, "thumbnail"]) for image in images],
        empty="" if images else _("No pictures yet."),
        more=reverse("catalog:pictures", args=[product_id]),
    )


def variants_of_product(request: HttpRequest, product_id: int) -> Panel:
    """The variants with their prices and what apps above know of them, such as the stock."""
    variants = list(Variant.objects.filter(product_id=product_id).order_by("id"))
    added = [(column, column.values([one.pk for one in variants])) for column in columns_of("catalog.variant", request)]
    rows = []
    for one in variants:
        known = [f"{column.title} {values.get(one.pk) or 0}" for column, values in added]
        rows.append(
            Row(
                title=one.name or one.sku,
                note=" · ".join(filter(None, [one.sku if one.name else "", *known])),
                side=format_money(one.retail_price),
                label="" if one.is_active else _("not for sale"),
                link=reverse("brand:catalog_variant_change", args=[one.pk]),
            )
        )
    return Panel(
        key="variants",
        title=_("Variants"),
        icon="grid_on",
        rows=rows,
        empty=_("No variants yet: without one there is nothing to sell."),
        more=reverse("catalog:variants", args=[product_id]),
    )
