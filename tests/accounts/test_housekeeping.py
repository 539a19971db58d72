"""Forgetting expired sessions and tokens."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from kernel.core import clock
from shared_apps.accounts.models import OneTimeToken
from shared_apps.accounts.services import housekeeping, passwords, users

pytestmark = pytest.mark.django_db


def test_only_what_opens_nothing_is_forgotten() -> None:
    user = users.create_user(name="A", role="sales", email="a@acme.example")
    passwords.issue_reset_token(user_id=user.pk)
    for days in (-1, 1):
        session = SessionStore()
        session.set_expiry(timedelta(days=days))
        session.create()
    now = clock.now()
    assert housekeeping.forget_expired(now=now) == (1, 0)
    assert (Session.objects.count(), OneTimeToken.objects.count()) == (1, 1)
    assert housekeeping.forget_expired(now=now + timedelta(days=31)) == (1, 1)
