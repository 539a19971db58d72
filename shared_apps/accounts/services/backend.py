"""Django's authentication backend: password sign-in by e-mail address or phone number."""

from typing import TYPE_CHECKING

from django.contrib.auth.backends import BaseBackend

from shared_apps.accounts import selectors
from shared_apps.accounts.models import User
from shared_apps.accounts.services import credentials

if TYPE_CHECKING:
    from django.http import HttpRequest


class AccountsBackend(BaseBackend):
    """Password sign-in in the schema of the request."""

    def authenticate(
        self, request: "HttpRequest | None", username: str | None = None, password: str | None = None, **_rest: object
    ) -> User | None:
        """Return the person if name and password match. Takes as long for an unknown name."""
        if not username or not password or len(password) > credentials.PASSWORD_MAX_LENGTH:
            return None
        user = selectors.get_user_by_sign_in_name(username)
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """Return the person of a session; None once deactivated."""
        return User.objects.filter(pk=user_id, is_active=True).first()
