"""Logins of agents, created and closed with the agent. They have no permissions and do not count as staff."""

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import transaction

from kernel.core import audit
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.services import cleaning, credentials, endings, people
from shared_apps.accounts.states import Role

WELCOME_LINK_LIFETIME: Final = timedelta(days=7)


@transaction.atomic
def open_login(*, name: str, phone: str, email: str | None = None, user_id: int | None = None) -> User:
    """Create an agent's login without a password, or reopen the agent's former one (`user_id`).

    Raises Invalid (naming the field), EmailTaken, PhoneTaken (also when a member of the staff has the number).
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
    """Close the agent's login and end its sessions and links. Does nothing without such a login."""
    user = _login(user_id)
    if user is None or not user.is_active:
        return
    user.is_active = False
    user.save(update_fields=["is_active"])
    endings.end_everything(user)
    audit.record(action="accounts.agent_login_closed", subject=f"user:{user.pk}")


@transaction.atomic
def forget_login(*, user_id: int, name: str, phone: str) -> None:
    close_login(user_id=user_id)
    User.objects.filter(pk=user_id, role=Role.AGENT).update(
        name=name, phone=phone, email=None, password=make_password(None), totp_secret="", totp_confirmed_at=None
    )


@transaction.atomic
def issue_welcome_token(*, user_id: int, now: datetime) -> str | None:
    """Issue a token to set the password: seven days, one use. Returns None if the login is closed or unknown."""
    user = _login(user_id)
    if user is None or not user.is_active:
        return None
    audit.record(action="accounts.agent_welcomed", subject=f"user:{user.pk}")
    return credentials.issue_token(
        user_id=user.pk, purpose=OneTimeToken.Purpose.PASSWORD_RESET, lifetime=WELCOME_LINK_LIFETIME, now=now
    )


@transaction.atomic
def change_phone(*, user_id: int, phone: str) -> None:
    """Change the agent's sign-in number. Raises Invalid, PhoneTaken."""
    user = _login(user_id)
    if user is None:
        return
    user.phone = cleaning.clean_phone(phone)
    credentials.burn_links(user_id=user.pk)
    people.save_user(user)


def _login(user_id: int | None) -> User | None:
    if user_id is None:
        return None
    return User.objects.select_for_update(no_key=True).filter(pk=user_id, role=Role.AGENT).first()
