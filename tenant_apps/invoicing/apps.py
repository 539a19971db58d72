from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.invoicing"
    verbose_name = _("Invoicing")

    def ready(self) -> None:
        from console import panels
        from tenant_apps.invoicing.views import invoices_of_order

        panels.register("orders.order", invoices_of_order)
