"""Suggest goods, customers and agents while an order is entered, with what they bought last."""

from collections.abc import Sequence
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from console.access import may_read
from console.brand_pages import BrandPage
from console.json_acts import JsonList
from kernel.china.phones import spell_phone
from kernel.core import clock
from kernel.http.rendering import FastJson
from tenant_apps.agents.selectors import agents
from tenant_apps.catalog.selectors.images import get_variant_covers
from tenant_apps.catalog.selectors.products import find_variants_to_sell
from tenant_apps.catalog.selectors.sellable import get_variants
from tenant_apps.customers import selectors as customers
from tenant_apps.inventory.selectors.stock import get_available
from tenant_apps.orders.models import Order
from tenant_apps.orders.rules.receivers import spell_region_of
from tenant_apps.orders.selectors import buyers, documents
from tenant_apps.orders.states import OrderKind

SHOWN: Final = 8


class GoodsList(JsonList):
    """SKUs by name, pinyin, initials, part of the SKU or whole barcode; an exact code comes first and alone."""

    permission = "orders.place"

    def find(self, request: HttpRequest, words: str) -> list[dict[str, object]]:
        found = find_variants_to_sell(search=words, limit=SHOWN)
        ids = [variant.pk for variant in found]
        facts = get_variants(variant_ids=ids, now=clock.now())
        available = get_available(variant_ids=ids)
        covers = get_variant_covers(variants=found)
        return [
            {
                "sku": variant.sku,
                "name": variant.product.name,
                "spec": variant.name,
                "barcode": variant.barcode,
                "price": variant.retail_price,
                "available": available.get(variant.pk, 0) if variant.product.kind == "goods" else None,
                "is_on_shelf": facts[variant.pk].is_on_shelf,
                "picture": _picture(covers.get(variant.pk)),
            }
            for variant in found
        ]


class CustomerList(JsonList):
    """Customers by phone, its last digits, or name, with their last orders and where the latest one went."""

    permission = "orders.place"

    def find(self, request: HttpRequest, words: str) -> list[dict[str, object]]:
        if not may_read(request, "customers.view"):
            return []
        found = list(customers.list_customers(search=words)[:SHOWN])
        latest = buyers.get_latest_orders(by="customer_id", ids=[one.pk for one in found])
        return [
            {
                "id": one.pk,
                "name": one.name,
                "phone": one.phone,
                "said": spell_phone(one.phone),
                "orders": [_brief(order) for order in latest[one.pk]],
                "receiver": _receiver(latest[one.pk]),
            }
            for one in found
        ]


class AgentList(JsonList):
    """Active agents by name, code or phone, with their level and last restock orders."""

    permission = "orders.place"

    def find(self, request: HttpRequest, words: str) -> list[dict[str, object]]:
        if not may_read(request, "agents.view"):
            return []
        today = clock.business_date(clock.now())
        found = list(agents.list_agents(as_of=today, status="active", search=words)[:SHOWN])
        latest = buyers.get_latest_orders(by="agent_id", ids=[one.pk for one in found], kind=OrderKind.RESTOCK)
        return [
            {
                "id": one.pk,
                "code": one.code,
                "name": one.name,
                "level": one.level.name,
                "said": spell_phone(one.phone),
                "orders": [_brief(order) for order in latest[one.pk]],
                "receiver": _receiver(latest[one.pk]),
            }
            for one in found
        ]


class OrderAgain(BrandPage, View):
    """Buyer and goods of an earlier order, for a new one."""

    permission = "orders.place"
    title = _("Order again")

    def get(self, request: HttpRequest, order_id: int) -> HttpResponse:
        return FastJson(draft_of(order_id))


_ENTERED = {OrderKind.RETAIL, OrderKind.RESTOCK, OrderKind.DISPATCH, OrderKind.SAMPLE}


def draft_of(order_id: int) -> dict[str, object]:
    """Return an order as the form begins with it: no prices, which are those of today. Raises OrderNotFound."""
    order = documents.get_order_document(order_id=order_id)
    customer = customers.get_customer(customer_id=order.customer_id) if order.customer_id else None
    agent = agents.get_agent(agent_id=order.agent_id) if order.agent_id else None
    return {
        "kind": order.kind if order.kind in _ENTERED else "retail",
        "customer": {"name": customer.name, "phone": customer.phone} if customer else None,
        "agent": {"id": agent.pk, "code": agent.code, "name": agent.name} if agent else None,
        "receiver": _receiver([order]),
        "lines": [
            {"sku": line.sku, "name": line.name, "quantity": abs(line.quantity)}
            for line in sorted(order.lines.all(), key=lambda line: line.line_no)
        ],
    }


def _picture(image_id: int | None) -> str:
    if image_id is None:
        return ""
    return reverse("catalog:picture_file", kwargs={"image_id": image_id, "size": "thumbnail"})


def _brief(order: Order) -> dict[str, object]:
    goods = "、".join(f"{line.name} ×{line.quantity}" for line in order.lines.all())
    return {"id": order.pk, "number": order.number, "goods": goods[:80], "total": order.total}


def _receiver(orders: Sequence[Order]) -> dict[str, str] | None:
    """Return where the latest of the orders went, as the form's fields."""
    for order in orders:
        if order.receiver.get("address") or order.receiver.get("name"):
            parts = {name: str(order.receiver.get(name) or "") for name in ("name", "phone", "address")}
            return {**parts, "region": spell_region_of(order.receiver)}
    return None
