"""A ciphertext opens with its key at its place, and nowhere else."""

import base64
import io
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from kernel.database import grants
from kernel.database.switching import as_owner
from kernel.privacy import encryption
from kernel.privacy.encryption import DecryptionFailed, EncryptedTextField, decrypt, encrypt, reencrypt
from kernel.tenancy import context as tenancy
from kernel.tenancy.context import current_schema, enter_brand
from shared_apps.tenants.models import Brand

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def card_table(db: None) -> Any:
    """A table with an encrypted column, in the test's transaction."""
    with isolate_apps("kernel"):

        class Card(models.Model):
            number = EncryptedTextField(blank=True)

            class Meta:
                app_label = "kernel"
                db_table = "kernel_test_card"

            def __str__(self) -> str:
                return "card"

        with as_owner(), connection.schema_editor() as editor:
            editor.create_model(Card)
        grants.grant_schema(current_schema())
        yield Card


def _raw(column_of: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM kernel_test_card ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


@given(st.text(max_size=200))
def test_what_goes_in_comes_out(text: str) -> None:
    if "\ud800" <= max(text, default="") <= "\udfff":
        return
    assert decrypt(encrypt(text, place="a.b"), place="a.b") == text


def test_the_same_text_looks_different_each_time() -> None:
    assert encrypt("x", place="a.b") != encrypt("x", place="a.b")


def test_a_ciphertext_names_its_key(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    assert encryption.key_id_of(encrypt("x", place="a.b")) == "new"


@pytest.mark.parametrize("change", ["other column", "altered", "cut short", "other key", "key gone", "no ciphertext"])
def test_anything_else_fails_loudly(change: str, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = OLD
    sealed = encrypt("6222021234567890", place="a.b")
    place = "a.b"
    head, _, body = sealed.partition(".")
    if change == "other column":
        place = "a.c"
    elif change == "altered":
        data = bytearray(base64.b64decode(body))
        data[-1] ^= 1
        sealed = f"{head}.{base64.b64encode(data).decode()}"
    elif change == "cut short":
        sealed = sealed[:20]
    elif change == "other key":
        settings.ENCRYPTION_KEYS = NEW.replace("new:", "old:")
    elif change == "key gone":
        settings.ENCRYPTION_KEYS = NEW
    else:
        sealed = "6222021234567890"
    with pytest.raises(DecryptionFailed):
        decrypt(sealed, place=place)


@pytest.mark.django_db
def test_a_value_moved_to_another_brand_does_not_open(other_brand: Brand) -> None:
    sealed = encrypt("secret", place="a.b")
    enter_brand(other_brand)
    with pytest.raises(DecryptionFailed):
        decrypt(sealed, place="a.b")


@pytest.mark.parametrize(
    "ring",
    [
        "",
        "a:not base64!",
        "a:" + base64.b64encode(b"short").decode(),
        f"{OLD},{OLD}",
        ":" + base64.b64encode(b"o" * 32).decode(),
        "a.b:" + base64.b64encode(b"o" * 32).decode(),
    ],
)
def test_a_broken_ring_is_a_readable_message_without_the_key(ring: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS") as refusal:
        encryption.parse_key_ring(ring)
    assert base64.b64encode(b"o" * 32).decode() not in str(refusal.value)


@pytest.mark.django_db
def test_a_field_is_readable_in_python_and_sealed_in_the_database(card_table: Any) -> None:
    card_table.objects.create(number="6222021234567890")
    card_table.objects.create(number="")
    assert [card.number for card in card_table.objects.order_by("id")] == ["6222021234567890", ""]
    sealed, empty = _raw(card_table)
    assert sealed.startswith("e1")
    assert "6222" not in sealed
    assert empty == ""
    with pytest.raises(TypeError, match="encrypted"):
        card_table.objects.filter(number="6222021234567890")
    assert card_table.objects.filter(number__isnull=False).count() == 2


@pytest.mark.django_db
def test_rotation_brings_every_row_under_the_new_key(card_table: Any, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = OLD
    numbers = [f"card {number}" for number in range(25)] + [""]
    for number in numbers:
        card_table.objects.create(number=number)

    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    card_table.objects.create(number="after")
    assert reencrypt(card_table, "number", batch_size=7) == 25
    assert reencrypt(card_table, "number", batch_size=7) == 0

    settings.ENCRYPTION_KEYS = NEW
    assert [card.number for card in card_table.objects.order_by("id")] == [*numbers, "after"]


@pytest.mark.django_db
def test_the_command_rotates_every_schema(settings: Settings, other_brand: Brand, brand: Brand) -> None:
    from shared_apps.accounts.models import User

    def stored(key_of: Any) -> str:
        with tenancy.brand_schema(key_of.schema_name), connection.cursor() as cursor:
            cursor.execute("SELECT totp_secret FROM accounts_user WHERE totp_secret <> ''")
            return encryption.key_id_of(cursor.fetchone()[0])

    settings.ENCRYPTION_KEYS = OLD
    for where in (brand, other_brand):
        with tenancy.brand_schema(where.schema_name):
            person = User.objects.order_by("id")[0]
            person.totp_secret = f"secret of {where.slug}"
            person.save(update_fields=["totp_secret"])

    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    out = io.StringIO()
    call_command("reencrypt", stdout=out)
    assert f"{brand.schema_name}: accounts.User.totp_secret: 1" in out.getvalue()
    assert [stored(brand), stored(other_brand)] == ["new", "new"]

    settings.ENCRYPTION_KEYS = NEW
    with tenancy.brand_schema(other_brand.schema_name):
        assert User.objects.exclude(totp_secret__isnull=True).order_by("id")[0].totp_secret == "secret of other"

    settings.ENCRYPTION_KEYS = OLD
    with pytest.raises(CommandError, match="could not be read"):
        call_command("reencrypt", stdout=out, stderr=out)
