from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PricingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.pricing"
    verbose_name = _("Pricing")

    def ready(self) -> None:
        from console import panels
        from tenant_apps.imports.services import importer
        from tenant_apps.pricing.admin.product_panel import prices_of_product
        from tenant_apps.pricing.importers import PriceListImporter

        panels.register("catalog.product", prices_of_product)
        importer.register(PriceListImporter())
