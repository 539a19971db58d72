from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttributionConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.attribution"
    verbose_name = _("Attribution")

    def ready(self) -> None:
        from console import panels
        from tenant_apps.attribution.admin.agent_panel import links_of_agent, make_link

        panels.register("agents.agent", links_of_agent)
        panels.register_act("agents.agent", make_link)
