from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RanksConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.ranks"
    verbose_name = _("Ranks")

    def ready(self) -> None:
        from console import panels
        from tenant_apps.agents.selectors.groups import register_net_sales
        from tenant_apps.imports.services import importer
        from tenant_apps.ranks.admin import agent_panels
        from tenant_apps.ranks.importers import PastSalesImporter
        from tenant_apps.ranks.selectors.groups import net_sales_of_agent

        panels.register("agents.agent", agent_panels.level_of_agent)
        panels.register("agents.agent", agent_panels.team_of_agent)
        panels.register_chart("agents.agent", agent_panels.months_chart)
        panels.register_chart("agents.agent", agent_panels.weeks_chart)
        importer.register(PastSalesImporter())
        register_net_sales(net_sales_of_agent)
