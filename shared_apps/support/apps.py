from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "shared_apps.support"
    verbose_name = _("Support")

    def ready(self) -> None:
        """Name the platform's dashboard, register banners, and join the export."""
        from console import banners
        from console.sites import platform_site
        from shared_apps.support.services.exported import tell_everything
        from shared_apps.support.views.banners import announcement_banners, session_banners
        from shared_apps.tenants.services import export_shared

        platform_site.index_template = "support/dashboard.html"
        banners.register(session_banners)
        banners.register(announcement_banners)
        export_shared.register_shared(tell_everything)
