"""The floor's entry in Django's registry."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class KernelConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "kernel"
    label = "kernel"
    verbose_name = _("Journal")

    def ready(self) -> None:
        """Connect the task signals, and let every app's handlers.py register what it listens to."""
        from kernel.events import tasks  # noqa: F401

        for config in apps.get_app_configs():
            if config.name.startswith(("tenant_apps.", "shared_apps.")) and find_spec(f"{config.name}.handlers"):
                import_module(f"{config.name}.handlers")
