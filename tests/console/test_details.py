"""The page of one object, for every kind of object a small shop has after its first sale."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.sites import brand_site
from kernel.core import clock
from kernel.events.outbox import deliver_pending
from shared_apps.accounts.services import api_keys, users
from shared_apps.tenants.models import Brand
from tenant_apps.orders.services.pay_order import pay_order
from tests.factories.trade import open_shop, sell

MAX_QUERIES = 40


@pytest.fixture
def owner(brand: Brand) -> Client:
    """The owner at the console of a shop that has sold something by an agent."""
    open_shop()
    order = sell(("G-01", 2), ("G-02", 1), agent_code="LING", freight="8.00")
    pay_order(order_id=order.pk, method="cash", reference="R-1", now=clock.now())
    deliver_pending(limit=100)
    person = users.create_user(name="Fang", role="owner", email="fang@details.example", password="qing-he-2026")
    api_keys.issue_api_key(name="till", role="sales")
    browser = Client(headers={"host": f"{brand.slug}.localhost"})
    browser.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")
    return browser


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_object_has_a_page(owner: Client, language: str) -> None:
    owner.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    opened = set()
    request = owner.get("/console/").wsgi_request  # lists show what the person may see
    for model, page in brand_site._registry.items():
        row = page.get_queryset(request).order_by("pk").first()
        if row is None:
            continue
        address = reverse(f"brand:{page.opts.app_label}_{page.opts.model_name}_change", args=[row.pk])
        with CaptureQueriesContext(connection) as queries:
            answer = owner.get(address)
        assert answer.status_code in {200, 302}, f"{model}: {answer.status_code}"
        assert len(queries) <= MAX_QUERIES, f"{model}: {len(queries)} queries"
        opened.add(page.opts.model_name)
    assert {"order", "product", "agent", "customer", "stock", "ledgerentry"} <= opened


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_dashboard_shows_the_sale(owner: Client, language: str) -> None:
    owner.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = owner.get("/console/").content.decode()
    assert "王芳" in page
    assert ("今日销售额" if language == "zh-hans" else "Sales today") in page
    assert 'data-type="bar"' in page
