from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from tenant_apps.catalog.importers import ProductsImporter
        from tenant_apps.imports.services import importer

        importer.register(ProductsImporter())
