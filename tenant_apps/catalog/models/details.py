"""Tables of a product's details: pictures, dated tax rates, bundle parts."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.core.money import RateField
from tenant_apps.catalog.models.products import Product, Variant
from tenant_apps.catalog.rules import TAX_RATES


class ProductImage(models.Model):
    """A picture of a product or of one variant, re-encoded so that no metadata remains."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images", verbose_name=_("product"))
    variant = models.ForeignKey(
        Variant, models.CASCADE, null=True, blank=True, related_name="images", verbose_name=_("variant")
    )
    position = models.IntegerField(_("position"), default=0)
    name = models.CharField(_("file name"), max_length=200)
    description = models.CharField(_("description"), max_length=200, blank=True, default="")
    path = models.CharField(max_length=300)
    thumbnail_path = models.CharField(max_length=300)
    width = models.IntegerField(_("width"))
    height = models.IntegerField(_("height"))
    size_bytes = models.IntegerField(_("size"))
    digest = models.CharField(max_length=64)  # of the upload: the same picture is kept once per product
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "variant", "digest"], nulls_distinct=False, name="catalog_image_once_per_product"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductTaxRate(models.Model):
    """A product's VAT rate from a day on; before the first row `Product.tax_rate` applies."""

    product = models.ForeignKey(
        Product, models.CASCADE, related_name="tax_rates", db_index=False, verbose_name=_("product")
    )
    valid_from = models.DateField(_("from"))
    rate = RateField(_("rate"))

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering: ClassVar = ["-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "valid_from"], name="catalog_taxrate_one_per_day"),
            models.CheckConstraint(condition=Q(rate__in=TAX_RATES), name="catalog_taxrate_known"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.valid_from} {self.rate}"


class BundlePart(models.Model):
    """Quantity of a variant in one bundle. A part is never a bundle itself."""

    bundle = models.ForeignKey(Variant, models.CASCADE, related_name="parts", db_index=False, verbose_name=_("bundle"))
    part = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("part"))
    quantity = models.IntegerField(_("quantity"))

    class Meta:
        verbose_name = _("part of a bundle")
        verbose_name_plural = _("parts of bundles")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bundle", "part"], name="catalog_bundle_part_once"),
            models.CheckConstraint(condition=~Q(bundle=F("part")), name="catalog_bundle_not_in_itself"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=1_000), name="catalog_bundle_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.part_id}"
