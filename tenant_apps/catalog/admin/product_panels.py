"""Boxes of a product's page: its pictures, its details, and its variants with price and stock."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.columns import columns_of
from console.display import Tone
from console.panels import Panel, Row, facts, written
from console.rates import percent_text
from kernel.core.errors import Text
from kernel.models import AuditRecord
from tenant_apps.catalog.models import Product, ProductTaxRate, Variant
from tenant_apps.catalog.selectors.images import get_variant_covers, list_images
from tenant_apps.catalog.states import ShelfState

SHOWN = 8
HAPPENINGS = 30
_ICON = "material-symbols-outlined"


@dataclass(frozen=True)
class Goods:
    """A variant in the table of the product's page; `known` is what apps above know of it, such as the stock."""

    variant: Variant
    picture: int | None
    known: list[tuple[Text, object]]
    link: str


def thumbnail(image_id: int | None) -> SafeString:
    """A small picture, or the sign of goods where there is none."""
    if image_id is None:
        return format_html('<span class="bn-thumb"><span class="{}">{}</span></span>', _ICON, "inventory_2")
    address = reverse("catalog:picture_file", args=[image_id, "thumbnail"])
    return format_html('<span class="bn-thumb"><img src="{}" alt="" loading="lazy"></span>', address)


def labels_of(product: Product, now: datetime) -> list[tuple[Text, Tone]]:
    """The shelf's state, and that a schedule keeps the product from being offered now."""
    labels: list[tuple[Text, Tone]] = [
        (product.get_state_display(), "success" if product.state == ShelfState.ON else ""),
        (product.get_kind_display(), ""),
    ]
    if product.state == ShelfState.ON and not product.is_offered(now):
        labels.append((_("not offered at this time"), "warning"))
    return labels


def pictures_of(product: Product) -> Panel:
    images = list(list_images(product_id=product.pk)[:SHOWN])
    return Panel(
        key="pictures",
        title=_("Pictures"),
        icon="image",
        pictures=[reverse("catalog:picture_file", args=[image.pk, "thumbnail"]) for image in images],
        empty="" if images else _("No pictures yet."),
        more=reverse("catalog:pictures", args=[product.pk]),
    )


def details_of(product: Product) -> Panel:
    """The facts of the form, and the schedule of the shelf."""
    pairs: list[tuple[Text, object]] = [
        (_("tax code"), product.tax_code),
        (_("tax rate"), percent_text(product.tax_rate)),
        (_("shelf life (days)"), product.shelf_life_days),
        (_("on the shelf from"), product.on_shelf_at),
        (_("on the shelf until"), product.off_shelf_at),
        (_("early access from"), product.early_access_at),
        (_("early access down to rank"), product.early_access_rank),
        (_("video"), product.video_url),
        (_("description"), product.description),
    ]
    return Panel(key="details", title=_("Details"), icon="description", facts=facts(pairs))


def tax_rates_of(product: Product) -> Panel:
    rows = [
        Row(title=written(rate.valid_from), side=percent_text(rate.rate))
        for rate in ProductTaxRate.objects.filter(product=product).order_by("-valid_from", "-id")
    ]
    return Panel(
        key="tax",
        title=_("VAT rate by date"),
        icon="percent",
        acting=("set_tax_rate",),
        rows=rows,
        empty=_("The product's rate holds at all times."),
    )


def variants_of(request: HttpRequest, product: Product) -> list[Goods]:
    variants = list(product.variants.order_by("id"))
    covers = get_variant_covers(variants=variants)
    ids = [one.pk for one in variants]
    added = [(column, column.values(ids)) for column in columns_of("catalog.variant", request)] if ids else []
    return [
        Goods(
            one,
            covers.get(one.pk),
            [(column.title, values.get(one.pk) or 0) for column, values in added],
            reverse("brand:catalog_variant_change", args=[one.pk]),
        )
        for one in variants
    ]


def records_of(product: Product) -> QuerySet[AuditRecord]:
    """Return what was done to the product and to its variants, the latest first."""
    subjects = [f"variant:{pk}" for pk in product.variants.values_list("id", flat=True)]
    found = AuditRecord.objects.filter(subject__in=[f"product:{product.pk}", *subjects])
    return found.order_by("-id")[:HAPPENINGS]
