from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    """Stands before `unfold` and `django.contrib.admin` in INSTALLED_APPS: its templates win over theirs."""

    name = "console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        """Register the floor's pages, as `admin.py` does for apps that may import the console; declare its acts."""
        from console import acts, kernel_pages  # noqa: F401
        from kernel.core import audit_words

        audit_words.declare(self.label, acts.WORDS)
