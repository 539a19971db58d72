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
        """Load every app's tasks.py, handlers.py and acts.py, so that all processes know the names they register."""
        from kernel.core import audit_words
        from kernel.events import tasks  # noqa: F401

        for config in apps.get_app_configs():
            if not config.name.startswith(("tenant_apps.", "shared_apps.")):
                continue
            for module in ("handlers", "tasks"):
                if find_spec(f"{config.name}.{module}"):
                    import_module(f"{config.name}.{module}")
            if find_spec(f"{config.name}.acts"):
                audit_words.declare(config.label, import_module(f"{config.name}.acts").WORDS)
