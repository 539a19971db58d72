"""Logins of agents. They come and go with the agent, and are no staff: no permission, no place of the plan."""

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import transaction

from kernel.core import audit
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.services import cleaning, credentials, people
from shared_apps.accounts.states import Role

WELCOME_LINK_LIFETIME: Final = timedelta(days=7)


@transaction.atomic
def open_login(*, name: str, phone: str, email: str | None = None, user_id: int | None = None) -> User:
    """Open the login of an agent, with no password yet; `user_id` is one the agent had before, which opens again.

    Raises Invalid (naming the field), EmailTaken, PhoneTaken: nobody is staff and agent by the same number.
    """
    user = _login(user_id) or User(role=Role.AGENT)
    user.name = cleaning.clean_name(name)
    user.is_active = True
    user.phone = cleaning.clean_phone(phone)
    user.email = cleaning.clean_email(email)
    user.set_unusable_password()
    people.save_user(user)
    audit.record(action="accounts.agent_login_opened", subject=f"user:{user.pk}", after=people.describe(user))
    return user


@transaction.atomic
def close_login(*, user_id: int) -> None:
    """Close the agent's login: sessions and links end. Nothing happens where there is no such login."""
    user = _login(user_id)
    if user is None or not user.is_active:
        return
    user.is_active = False
    user.save(update_fields=["is_active"])
    credentials.burn_tokens(user_id=user.pk)
    audit.record(action="accounts.agent_login_closed", subject=f"user:{user.pk}")


@transaction.atomic
def forget_login(*, user_id: int, name: str, phone: str) -> None:
    """Close the login and replace its personal data."""
    close_login(user_id=user_id)
    User.objects.filter(pk=user_id, role=Role.AGENT).update(
        name=name, phone=phone, email=None, password=make_password(None), totp_secret="", totp_confirmed_at=None
    )


@transaction.atomic
def issue_welcome_token(*, user_id: int, now: datetime) -> str | None:
    """Issue a token for the page that sets the password: seven days, one use. None where the login is closed or
    unknown.
    """
    user = _login(user_id)
    if user is None or not user.is_active:
        return None
    audit.record(action="accounts.agent_welcomed", subject=f"user:{user.pk}")
    return credentials.issue_token(
        user_id=user.pk, purpose=OneTimeToken.Purpose.PASSWORD_RESET, lifetime=WELCOME_LINK_LIFETIME, now=now
    )


@transaction.atomic
def change_phone(*, user_id: int, phone: str) -> None:
    """Change the number the agent signs in by. Raises Invalid, PhoneTaken."""
    user = _login(user_id)
    if user is None:
        return
    user.phone = cleaning.clean_phone(phone)
    credentials.burn_tokens(user_id=user.pk)
    people.save_user(user)


def _login(user_id: int | None) -> User | None:
    if user_id is None:
        return None
    return User.objects.select_for_update(no_key=True).filter(pk=user_id, role=Role.AGENT).first()
