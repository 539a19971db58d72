from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from tenant_apps.customers.importers import CustomersImporter
        from tenant_apps.imports.services import importer

        importer.register(CustomersImporter())
