"""Tables of categories, products and variants."""

from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Trim, Upper
from django.utils.translation import gettext_lazy as _

from kernel.core.money import MoneyField, RateField, UnitPriceField
from tenant_apps.catalog.rules import SKU_LENGTH, TAX_CODE_LENGTH, TAX_RATES
from tenant_apps.catalog.states import ProductKind, ShelfState


class Category(models.Model):
    """A node of the category tree."""

    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    position = models.IntegerField(_("position"), default=0, help_text=_("Smaller numbers come first."))

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], nulls_distinct=False, name="catalog_category_name_unique_in_parent"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="catalog_category_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product's description, tax and shelf state; its variants are the articles sold."""

    name = models.CharField(_("name"), max_length=200)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )
    brand_name = models.CharField(_("brand"), max_length=100, blank=True, default="", db_default="")
    unit = models.CharField(_("unit"), max_length=20, blank=True, default="件", db_default="件")
    video_url = models.URLField(_("video"), max_length=500, blank=True, default="", db_default="")
    shelf_life_days = models.IntegerField(_("shelf life (days)"), null=True, blank=True)
    # How its freight is counted; without one the brand's default template holds.
    freight_template = models.ForeignKey(
        "shipping.FreightTemplate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("freight template"),
    )
    # [{"name": "颜色", "values": ["红", "蓝"]}, …] in the order in which they are chosen.
    options = models.JSONField(_("options"), default=list, db_default=[], blank=True)
    # What the search compares: the name in small letters, its pinyin and the pinyin's initials.
    search_text = models.CharField(max_length=1000, blank=True, default="", db_default="", editable=False)
    # The shelf by schedule. Agents of this rank and above (1 is the highest) may order before: 优先推广权.
    on_shelf_at = models.DateTimeField(_("on the shelf from"), null=True, blank=True)
    off_shelf_at = models.DateTimeField(_("on the shelf until"), null=True, blank=True)
    early_access_at = models.DateTimeField(_("early access from"), null=True, blank=True)
    early_access_rank = models.SmallIntegerField(_("early access down to rank"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=ProductKind, default=ProductKind.GOODS)
    tax_code = models.CharField(_("tax code"), max_length=TAX_CODE_LENGTH, blank=True)
    tax_rate = RateField(_("tax rate"), default=Decimal("0.13"))
    state = models.CharField(_("shelf"), max_length=16, choices=ShelfState, default=ShelfState.OFF)
    description = models.TextField(_("description"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    cover_id: int | None = None
    """Its first picture, where a list has looked it up."""

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ProductKind.values), name="catalog_product_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ShelfState.values), name="catalog_product_state_known"),
            models.CheckConstraint(condition=Q(tax_rate__in=TAX_RATES), name="catalog_product_tax_rate_known"),
            models.CheckConstraint(condition=~Q(name=""), name="catalog_product_has_a_name"),
            models.CheckConstraint(
                condition=Q(shelf_life_days__isnull=True) | Q(shelf_life_days__gte=1, shelf_life_days__lte=36_500),
                name="catalog_product_shelf_life",
            ),
            models.CheckConstraint(
                condition=Q(on_shelf_at__isnull=True)
                | Q(off_shelf_at__isnull=True)
                | Q(off_shelf_at__gt=F("on_shelf_at")),
                name="catalog_product_shelf_runs_forward",
            ),
            models.CheckConstraint(
                condition=Q(early_access_at__isnull=True, early_access_rank__isnull=True)
                | Q(early_access_at__isnull=False, early_access_rank__gte=1, on_shelf_at__isnull=False)
                & Q(early_access_at__lt=F("on_shelf_at")),
                name="catalog_product_early_access_is_early",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_offered(self, moment: datetime) -> bool:
        return (
            self.state == ShelfState.ON
            and (self.on_shelf_at is None or self.on_shelf_at <= moment)
            and (self.off_shelf_at is None or moment < self.off_shelf_at)
        )


class Variant(models.Model):
    """One SKU, the unit of stock and price."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants", verbose_name=_("product"))
    sku = models.CharField(_("SKU"), max_length=SKU_LENGTH)
    barcode = models.CharField(_("barcode"), max_length=32, blank=True)
    name = models.CharField(_("name"), max_length=100, blank=True, help_text=_("Such as a colour or a size."))
    option_values = models.JSONField(
        _("option values"), default=dict, db_default={}, blank=True
    )  # {"颜色": "红", "尺码": "M"}
    option_key = models.CharField(
        max_length=300, blank=True, default="", db_default="", editable=False
    )  # the values, in order
    weight_grams = models.IntegerField(_("weight (g)"), null=True, blank=True)
    box_size = models.IntegerField(_("pieces per box"), null=True, blank=True)
    cost_price = UnitPriceField(_("cost"), null=True, blank=True)  # seen only with catalog.cost
    retail_price = MoneyField(_("retail price"))
    is_active = models.BooleanField(_("for sale"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["sku"], name="catalog_variant_sku_unique"),
            models.UniqueConstraint(
                fields=["barcode"], condition=~Q(barcode=""), name="catalog_variant_barcode_unique"
            ),
            models.CheckConstraint(
                condition=~Q(sku="") & Q(sku=Upper(Trim("sku"))), name="catalog_variant_sku_upper_and_trimmed"
            ),
            models.UniqueConstraint(
                fields=["product", "option_key"], condition=~Q(option_key=""), name="catalog_variant_options_once"
            ),
            models.CheckConstraint(
                condition=Q(weight_grams__isnull=True) | Q(weight_grams__gte=0), name="catalog_variant_weight"
            ),
            models.CheckConstraint(
                condition=Q(box_size__isnull=True) | Q(box_size__gte=2, box_size__lte=100_000),
                name="catalog_variant_box_size",
            ),
            models.CheckConstraint(
                condition=Q(cost_price__isnull=True) | Q(cost_price__gte=0), name="catalog_variant_cost_not_negative"
            ),
            models.CheckConstraint(condition=Q(retail_price__gte=0), name="catalog_variant_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.sku
