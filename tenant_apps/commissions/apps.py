from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommissionsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.commissions"
    verbose_name = _("Commissions")

    def ready(self) -> None:
        from console import panels
        from tenant_apps.commissions import handlers  # noqa: F401  # registers with the outbox
        from tenant_apps.commissions.importers import OpeningBalancesImporter
        from tenant_apps.commissions.views import commissions_of_agent, commissions_of_order
        from tenant_apps.imports.services import importer

        panels.register("agents.agent", commissions_of_agent)
        panels.register("orders.order", commissions_of_order)
        importer.register(OpeningBalancesImporter())
