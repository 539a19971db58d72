from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EntitlementsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "shared_apps.entitlements"
    verbose_name = _("Entitlements")

    def ready(self) -> None:
        """Tell the API's permissions how to refuse what a role has and the plan lacks."""
        from kernel.http import permissions
        from shared_apps.entitlements.services.features import feature_refusal

        permissions.register_plan_refusal(feature_refusal)
