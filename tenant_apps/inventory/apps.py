from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        from tenant_apps.imports.services import importer
        from tenant_apps.inventory.importers import OpeningStockImporter

        importer.register(OpeningStockImporter())
