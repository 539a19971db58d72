from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShippingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tenant_apps.shipping"
    verbose_name = _("Shipping")

    def ready(self) -> None:
        from tenant_apps.shipping.services import jobs, label_jobs

        jobs.register(label_jobs.RUNNER)
