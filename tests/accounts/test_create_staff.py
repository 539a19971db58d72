"""The command that adds the first member of staff."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kernel.tenancy.context import public_schema
from shared_apps.accounts import selectors
from shared_apps.accounts.models import User

pytestmark = pytest.mark.django_db


def create(monkeypatch: pytest.MonkeyPatch, password: str, **options: Any) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    out = io.StringIO()
    call_command("create_staff", name="S", email="S@banyan.example", password_stdin=True, stdout=out, **options)
    return out.getvalue()


def test_staff_are_added_in_public_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "s@banyan.example" in create(monkeypatch, "correct horse battery")
    assert not User.objects.filter(email="s@banyan.example").exists()
    with public_schema():
        user = selectors.get_user_by_sign_in_name("s@banyan.example")
    assert user is not None
    assert user.role == "platform_admin"
    assert user.check_password("correct horse battery")


def test_a_refusal_is_told_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError):
        create(monkeypatch, "12345678")
