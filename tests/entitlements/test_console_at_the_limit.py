"""The console's forms say what the plan allows, and stay open."""

from typing import Any

import pytest

from shared_apps.accounts.models import User
from tenant_apps.agents.models import Agent
from tenant_apps.agents.services.levels import create_level
from tenant_apps.inventory.models import Warehouse

from .conftest import Allow

pytestmark = pytest.mark.django_db


def said(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_person_too_many(allow: Allow, console: Any) -> None:
    allow(staff=2)  # the owner of the brand and whoever is at the console
    form = {"name": "Wang", "role": "sales", "email": "wang@acme.example", "language": "en"}
    page = said(console.post("/console/accounts/user/add/", form, headers={"accept-language": "en"}))
    assert "the plan allows 2, and 2 are in use" in page
    assert not User.objects.filter(email="wang@acme.example").exists()


def test_an_agent_too_many(allow: Allow, console: Any) -> None:
    level = create_level(code="GOLD", name="金牌", rank=1)
    allow(agents=0)
    form = {"name": "林", "phone": "13900000001", "level": level.pk}
    page = said(console.post("/console/recruiting/register/", form, headers={"accept-language": "en"}))
    assert "the plan allows 0, and 0 are in use" in page
    assert not Agent.objects.exists()


def test_a_second_warehouse_without_the_feature(allow: Allow, console: Any) -> None:
    allow("api")
    form = {"code": "B", "name": "二仓"}
    page = said(console.post("/console/inventory/warehouse/add/", form, headers={"accept-language": "en"}))
    assert "a larger plan includes it" in page
    assert Warehouse.objects.count() == 1
