from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = _("Banyan")

    def ready(self) -> None:
        """Load the Celery application: a process without it would look for another broker when it sends a task."""
        from config import celery  # noqa: F401
