from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "shared_apps.accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from shared_apps.accounts import handlers  # noqa: F401 (registers what it handles)
