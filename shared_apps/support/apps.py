from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "shared_apps.support"
    verbose_name = _("Support")

    def ready(self) -> None:
        """Say above every page of a brand's console who may look in, and what is announced; join its export."""
        from console import banners
        from shared_apps.support.services.exported import tell_everything
        from shared_apps.support.views.banners import announcement_banners, visit_banners
        from shared_apps.tenants.services import export_shared

        banners.register(visit_banners)
        banners.register(announcement_banners)
        export_shared.register_shared(tell_everything)
