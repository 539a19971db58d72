"""Tables of the catalogue."""

from tenant_apps.catalog.models.details import BundlePart, ProductImage, ProductTaxRate
from tenant_apps.catalog.models.products import Category, Product, Variant

__all__ = ["BundlePart", "Category", "Product", "ProductImage", "ProductTaxRate", "Variant"]
