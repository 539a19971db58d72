"""The app's entry in Django's registry."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "shared_apps.support"
    verbose_name = _("Support")

    def ready(self) -> None:
        """Say above every page of a brand's console who may look in, and what is announced."""
        from console import banners
        from shared_apps.support.views.banners import announcement_banners, visit_banners

        banners.register(visit_banners)
        banners.register(announcement_banners)
