from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.insights"
    verbose_name = _("Insights")

    def ready(self) -> None:
        """Name the dashboard of the brand's console."""
        from console.sites import brand_site

        brand_site.index_template = "insights/dashboard.html"
