from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttributionConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.attribution"
    verbose_name = _("Attribution")

    def ready(self) -> None:
        from console import panels
        from tenant_apps.attribution.admin.agent_panel import links_of_agent, make_link
        from tenant_apps.attribution.admin.customer_panel import agent_of_customer, meetings_of_customer

        panels.register("agents.agent", links_of_agent)
        panels.register("customers.customer", agent_of_customer)
        panels.register_entries("customers.customer", meetings_of_customer)
        panels.register_act("agents.agent", make_link)
