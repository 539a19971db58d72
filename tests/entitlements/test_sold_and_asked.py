"""Hold the price list against the code: each feature sold is asked for where it is used, and has a page and an API."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.core import clock
from kernel.tenancy.context import public_schema
from shared_apps.accounts.services import api_keys
from shared_apps.accounts.states import FEATURE_OF_PERMISSION
from shared_apps.billing.selectors import plans as offered
from shared_apps.entitlements.states import FEATURES
from tenant_apps.agents.services.levels import create_level
from tenant_apps.orders.services.channels import create_channel
from tenant_apps.orders.services.pay_order import pay_order
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, sell

from .conftest import Allow

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def import_orders(api: ApiClient, shop: Shop) -> "Response":
    text = (
        "订单号,商家编码,商品名称,数量,单价,下单时间,收货人,手机号,收货地址\n"
        "T-1,A,口红,1,9.90,2026-11-20 10:00:00,王小姐,13812345678,福建省福州市鼓楼区五一路1号\n"
    )
    sheet = SimpleUploadedFile("orders.csv", text.encode(), content_type="text/csv")
    create_channel(code="till", name="Till", kind="import")
    return api.client.post("/api/v1/imports", {"file": sheet, "kind": "orders", "channel": "till", "mode": "history"})


def invoice(api: ApiClient, shop: Shop) -> "Response":
    order = sell((shop.skus[0], 1))
    pay_order(order_id=order.pk, method="alipay", reference="a-1", now=clock.now())
    api.put("/api/v1/seller-profile", {"legal_name": "福州清禾", "tax_id": "91350100M000100Y43"})
    return api.post("/api/v1/invoices", {"order_id": order.pk, "buyer_kind": "individual", "buyer_name": "王小姐"})


def second_warehouse(api: ApiClient, shop: Shop) -> "Response":
    return api.post("/api/v1/warehouses", {"code": "B", "name": "二仓"})


def second_tier(api: ApiClient, shop: Shop) -> "Response":
    level = create_level(code="TOP", name="总代", rank=9)
    return api.put(f"/api/v1/commission-plans/{level.pk}", {"tier1_rate": "0.10", "tier2_rate": "0.02"})


def a_key(api: ApiClient, shop: Shop) -> "Response":
    return api.post("/api/v1/api-keys", {"name": "till", "role": "sales"})


def own_domain(api: ApiClient, shop: Shop) -> "Response":
    return api.post("/api/v1/billing/domains", {"domain": "shop.example.com"})


# Of each feature: the operation that asks for it, and its page in the console.
USES: dict[str, tuple[Callable[[ApiClient, Shop], "Response"], str]] = {
    "order_import": (import_orders, "/console/imports/new/orders/"),
    "invoicing": (invoice, "/console/invoicing/invoice/"),
    "multi_warehouse": (second_warehouse, "/console/inventory/warehouse/add/"),
    "tiered_commission": (second_tier, "/console/commissions/commissionplan/"),
    "api": (a_key, "/console/accounts/apikey/add/"),
    "custom_domain": (own_domain, "/console/billing/domains/"),
}


def test_the_table_has_every_feature_that_is_sold() -> None:
    assert set(USES) == FEATURES
    with public_schema():
        assert {word for version in offered.list_offered_versions() for word in version.features} == FEATURES


@pytest.mark.parametrize("feature", sorted(USES))
def test_a_feature_is_refused_without_and_works_with_it(
    allow: Allow, owner_api: ApiClient, shop: Shop, feature: str
) -> None:
    use, _page = USES[feature]
    allow(*(FEATURES - {feature}))
    refused = use(owner_api, shop)
    assert (refused.status_code, refused.json()["code"], refused.json()["feature"]) == (
        402,
        "feature_not_in_plan",
        feature,
    )


@pytest.mark.parametrize("plan", ["basic", "standard", "premium"])
def test_each_plan_gives_what_it_sells(allow: Allow, owner_api: ApiClient, shop: Shop, plan: str) -> None:
    """The page opens and the operation works, with nothing but the plan's features."""
    with public_schema():
        sold = offered.get_version(plan).features
    allow(*sold)
    wrong: list[object] = []
    for feature in sold:
        use, page = USES[feature]
        answer = use(owner_api, shop)
        if answer.status_code not in {200, 201}:
            wrong.append((feature, answer.status_code, answer.json()["code"]))
        if owner_api.client.get(page).status_code != 200:
            wrong.append((feature, page, "no page"))
    assert wrong == []


ASKING = frozenset({"ensure_feature", "may", "feature_refusal"})


def words_in(node: ast.AST) -> list[ast.expr | None]:
    """Return the value that a call of an asking function, or a name `feature`, is given."""
    if isinstance(node, ast.Call):
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        return list(node.args[:1]) if name in ASKING else []
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [node.value for target in targets if getattr(target, "id", "").lower() == "feature"]
    return []


def words_asked_for() -> set[str]:
    """Return every feature that the source names where it asks, and in the table of permissions."""
    found = set(FEATURE_OF_PERMISSION.values())
    for folder in ("platform", "shared_apps", "tenant_apps"):
        for path in (ROOT / folder).rglob("*.py"):
            values = [word for node in ast.walk(ast.parse(path.read_text())) for word in words_in(node)]
            found |= {word.value for word in values if isinstance(word, ast.Constant) and isinstance(word.value, str)}
    return {word for word in found if word and "." not in word}  # a permission has a dot


def test_the_code_asks_for_what_is_sold_and_for_nothing_else() -> None:
    assert words_asked_for() == FEATURES


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_price_page_names_no_other_feature(language: str) -> None:
    page = Client(headers={"host": "localhost", "accept-language": language}).get("/pricing/").content.decode()
    for gone in (
        "anti-counterfeit",
        "counterfeit",
        "Campaigns",
        "Forecast",
        "Webhooks",
        "防伪",
        "营销活动",
        "销售预测",
    ):
        assert gone not in page


def test_a_key_of_a_plan_without_the_api_is_told_so(allow: Allow, anonymous: ApiClient) -> None:
    _key, token = api_keys.issue_api_key(name="till", role="sales")
    allow("invoicing")
    answer = anonymous.get("/api/v1/orders", authorization=f"Bearer {token}")
    assert (answer.status_code, answer.json()["feature"]) == (402, "api")
