from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecruitingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.recruiting"
    verbose_name = _("Recruiting")

    def ready(self) -> None:
        from console import panels
        from tenant_apps.imports.services import importer
        from tenant_apps.recruiting.admin.agent_acts import anonymise, end
        from tenant_apps.recruiting.importers import TeamImporter

        panels.register_act("agents.agent", end, is_in_head=True)
        panels.register_act("agents.agent", anonymise, is_in_head=True)
        importer.register(TeamImporter())
