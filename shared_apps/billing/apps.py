from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "shared_apps.billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        """Say above every page of a brand's console what everybody should know about its plan; join its export."""
        from console import banners
        from shared_apps.billing.services.exported import tell_everything
        from shared_apps.billing.views.notices import plan_banners
        from shared_apps.tenants.services import export_shared

        banners.register(plan_banners)
        export_shared.register_shared(tell_everything)
