from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PricingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.pricing"
    verbose_name = _("Pricing")

    def ready(self) -> None:
        from tenant_apps.imports.services import importer
        from tenant_apps.pricing.importers import PriceListImporter

        importer.register(PriceListImporter())
