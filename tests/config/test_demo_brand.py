"""The demo brand, with a short history: whole, balanced, planted once."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.management import call_command
from django.db import connection

from config import env
from config.demo import people, seed
from config.demo.catalogue import LEVELS, PRODUCTS
from kernel.china.numbers import is_credit_code
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.accounts import selectors as accounts
from shared_apps.tenants.models import Brand
from tenant_apps.agents.models import Agent, AgentTerm, Certificate
from tenant_apps.attribution.models import ReferralLink
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.commissions.models import CommissionEntry
from tenant_apps.finance import selectors as finance
from tenant_apps.finance.states import AccountCode
from tenant_apps.insights.selectors import figures as insights
from tenant_apps.orders.models import Order
from tenant_apps.ranks.models import AgentSales, LevelRule
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.selectors import applications
from tests.factories.trade import goods_in_stock

NOW = datetime(2026, 11, 11, 7, 30, tzinfo=UTC)
DAYS = 6


@pytest.fixture
def demo(public: None) -> Iterator[seed.DemoBrand]:
    planted = seed.plant(password="a long pass phrase", now=NOW, days=DAYS)
    with brand_schema("t_demo"):
        yield planted


@pytest.mark.django_db
def test_the_demo_brand_is_whole_and_its_ledger_balances(demo: seed.DemoBrand) -> None:
    assert Product.objects.count() == 40
    assert Variant.objects.exclude(product__state="on_shelf").count() == 0
    assert [Agent.objects.filter(level__rank=level.rank).count() for level in LEVELS] == [4, 14, 42]
    assert {user.role for user in accounts.list_users()} == {"owner", "manager", "sales", "warehouse", "finance"}
    states = set(Order.objects.values_list("payment_state", "fulfilment_state"))
    assert {("unpaid", "unfulfilled"), ("paid", "unfulfilled"), ("paid", "shipped"), ("paid", "delivered")} <= states
    assert demo.retail_orders_delivered > 0
    trial = finance.trial_balance()
    assert trial.difference == 0
    assert trial.balance_of(AccountCode.GOODS) == goods_in_stock()
    deposits = sum((term.deposit for term in AgentTerm.objects.exclude(deposit_paid_at=None)), Decimal(0))
    assert deposits > 0
    assert trial.balance_of(AccountCode.OTHER_PAYABLES) == insights.get_commission_payable() + deposits
    assert CommissionEntry.objects.filter(kind="accrual").exists()
    assert not Order.objects.filter(placed_at__gte=NOW).exists()


@pytest.mark.django_db
def test_the_network_lives(demo: seed.DemoBrand) -> None:
    assert Application.objects.filter(state="applied").count() == 5
    waiting = Application.objects.filter(state="applied").order_by("-id")
    assert any(applications.list_duplicates(application=one) for one in waiting)
    assert LevelRule.objects.filter(is_active=True).count() == 2
    assert AgentTerm.objects.count() == demo.agents
    assert Certificate.objects.filter(revoked_at=None).count() == 12
    assert ReferralLink.objects.filter(visit_count__gt=0).count() == 10
    assert AgentSales.objects.exists()


def test_goods_and_people_are_plausible() -> None:
    assert len(PRODUCTS) == len({product.code for product in PRODUCTS}) == 40
    agents = people.make_agents(Random(1))
    assert len(agents) == 60
    assert all(agent.sponsor is None or agents[agent.sponsor].level < agent.level for agent in agents)
    everybody = [agent.person for agent in agents] + people.make_customers(Random(1))
    assert len({person.phone for person in everybody}) == len(everybody)
    assert all(re.fullmatch(r"1990000\d{4}|1990001\d{4}", person.phone) for person in everybody)
    assert people.make_agents(Random(7)) == people.make_agents(Random(7))


def test_the_demos_companies_have_valid_tax_numbers() -> None:
    from config.demo.paperwork import COMPANIES

    assert all(is_credit_code(number) for _name, number in COMPANIES)


@pytest.mark.django_db
def test_a_second_planting_changes_nothing_and_prints_the_logins_again(
    public: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(env, "LOCAL", tmp_path)
    monkeypatch.setattr(seed, "plant", lambda **_: pytest.fail("planted again"))
    monkeypatch.setattr(seed, "is_seeded", lambda: True)
    (tmp_path / "demo-password").write_text("huayang-known", encoding="utf-8")
    printed = StringIO()
    call_command("seed_demo", stdout=printed)
    welcome = tmp_path / "welcome.txt"
    assert "huayang-known" in printed.getvalue()
    assert welcome.read_text(encoding="utf-8") in printed.getvalue()
    assert welcome.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_whether_it_is_planted_is_asked_of_the_public_schema(brand: Brand) -> None:
    assert not seed.is_seeded()
    with public_schema(), connection.cursor() as cursor:
        cursor.execute("UPDATE tenants_domain SET domain = 'demo.localhost' WHERE tenant_id = %s", [brand.pk])
    assert seed.is_seeded()
