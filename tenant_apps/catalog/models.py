"""Tables of the catalogue."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Trim, Upper
from django.utils.translation import gettext_lazy as _

from kernel.money import MoneyField, RateField
from tenant_apps.catalog.rules import SKU_LENGTH, TAX_CODE_LENGTH, TAX_RATES
from tenant_apps.catalog.states import ProductKind, ShelfState


class Category(models.Model):
    """A shelf of the shop; categories form a tree."""

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
    """What is described, taxed and put on the shelf; what is sold are its variants."""

    name = models.CharField(_("name"), max_length=200)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=ProductKind, default=ProductKind.GOODS)
    tax_code = models.CharField(_("tax code"), max_length=TAX_CODE_LENGTH, blank=True)
    tax_rate = RateField(_("tax rate"), default=Decimal("0.13"))
    state = models.CharField(_("shelf"), max_length=16, choices=ShelfState, default=ShelfState.OFF)
    description = models.TextField(_("description"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ProductKind.values), name="catalog_product_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ShelfState.values), name="catalog_product_state_known"),
            models.CheckConstraint(condition=Q(tax_rate__in=TAX_RATES), name="catalog_product_tax_rate_known"),
            models.CheckConstraint(condition=~Q(name=""), name="catalog_product_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What is counted, priced and sold: one SKU."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants", verbose_name=_("product"))
    sku = models.CharField(_("SKU"), max_length=SKU_LENGTH)
    barcode = models.CharField(_("barcode"), max_length=32, blank=True)
    name = models.CharField(_("name"), max_length=100, blank=True, help_text=_("Such as a colour or a size."))
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
            models.CheckConstraint(condition=Q(retail_price__gte=0), name="catalog_variant_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.sku
