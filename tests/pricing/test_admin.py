"""The prices' page in the console."""

from decimal import Decimal

import pytest
from django.test import Client

from tenant_apps.agents.services.levels import create_level
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.pricing.models import LevelPrice
from tests.factories.lists import act_on

pytestmark = pytest.mark.django_db


def test_set_change_and_remove(console: Client) -> None:
    level = create_level(code="GOLD", name="总代", rank=1)
    variant_id = ensure_variants(rows=[NewVariant(sku="red", name="口红")])["RED"]
    form = {"level": level.pk, "variant": variant_id, "min_quantity": 1, "price": "50.00"}
    answer = console.post("/console/pricing/levelprice/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    row = LevelPrice.objects.get()
    path = f"/console/pricing/levelprice/{row.pk}/change/"
    assert console.post(path, {"price": "45.00"}).status_code == 302
    row = LevelPrice.objects.latest("valid_from")
    assert row.price == Decimal("45.00")
    assert console.post(path, {"price": "45.001"}).status_code == 200
    text = console.get("/console/pricing/levelprice/?q=red").content.decode()
    assert "45.00" in text
    assert act_on(console, "/console/pricing/levelprice/", "remove_selected", [row.pk]).status_code == 302
    assert not LevelPrice.objects.filter(valid_until=None).exists()
