"""The app's entry in Django's registry."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "shared_apps.billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        """Say above every page of a brand's console what everybody should know about its plan."""
        from console import banners
        from shared_apps.billing.views.notices import plan_banners

        banners.register(plan_banners)
