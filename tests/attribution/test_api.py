"""Attribution over HTTP: every operation, every refusal."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from kernel.core import clock
from tenant_apps.attribution import schemas
from tenant_apps.attribution.models import Policy
from tenant_apps.catalog.selectors.products import list_products
from tests.factories.api_client import ApiClient
from tests.factories.trade import PHONE, Shop, open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def link(api: ApiClient, shop: Shop) -> dict[str, Any]:
    made = api.post(f"/api/v1/agents/{shop.ling.pk}/referral-links", {})
    assert made.status_code == 201, made.content
    return dict(api.get(f"/api/v1/referral-links/{made.json()['id']}").json())


def place(api: ApiClient, *, phone: str = PHONE, **fields: Any) -> dict[str, Any]:
    referral = fields.pop("referral", None)
    buyer = {"phone": phone, **({"referral": referral} if referral is not None else {})}
    answer = api.post("/api/v1/orders", {"lines": [{"sku": "G-01", "quantity": 1}], "buyer": buyer, **fields})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def refusal(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    errors = body.get("errors") or [{}]
    return answer.status_code, body["code"], errors[0].get("field", "")


def picture(form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (600, 400), "teal").save(out, form)
    return out.getvalue()


def upload(api: ApiClient, content: bytes, name: str = "brand.png") -> Any:
    return api.client.post(
        "/api/v1/attribution-policy/picture",
        {"file": SimpleUploadedFile(name, content)},
        headers={"authorization": f"Bearer {api.token}"},
    )


def test_the_policy_is_read_and_changed(api: ApiClient, api_as: Callable[[str], ApiClient]) -> None:
    body = api.get("/api/v1/attribution-policy").json()
    assert set(body) == set(schemas.AttributionPolicyOut.model_fields)
    assert (body["mode"], body["protection_days"], body["expiry_days"]) == ("first_come", 30, 365)
    changed = api.patch(
        "/api/v1/attribution-policy",
        {"mode": "last_touch", "protection_days": 3, "own_purchases_earn": True, "shop_url": "https://shop.example/"},
    )
    assert changed.status_code == 200, changed.content
    assert (changed.json()["mode"], changed.json()["expiry_days"]) == ("last_touch", 365)
    assert api_as("finance").patch("/api/v1/attribution-policy", {"mode": "new_only"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mode": "random"}, "mode"),
        ({"mode": None}, "mode"),
        ({"protection_days": -1}, "protection_days"),
        ({"protection_days": "3"}, "protection_days"),
        ({"protection_days": 366}, "expiry_days"),
        ({"expiry_days": 3_651}, "expiry_days"),
        ({"cookie_days": 0}, "cookie_days"),
        ({"cookie_days": 401}, "cookie_days"),
        ({"own_purchases_earn": "yes"}, "own_purchases_earn"),
        ({"shop_url": "ftp://shop.example/"}, "shop_url"),
        ({"shop_url": "https://shop.example/" + "x" * 300}, "shop_url"),
        ({"product_url": "https://shop.example/p"}, "product_url"),
        ({"poster_title": "长" * 61}, "poster_title"),
        ({"poster_text": "长" * 201}, "poster_text"),
        ({"poster_text": "a\x00b"}, "poster_text"),
        ({"pays_for_heads": True}, "pays_for_heads"),
    ],
)
def test_a_wrong_policy_is_refused_by_name(api: ApiClient, body: dict[str, Any], field: str) -> None:
    answer = api.patch("/api/v1/attribution-policy", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert Policy.objects.get().mode == "first_come"


def test_a_posters_picture_comes_and_goes(api: ApiClient, link: dict[str, Any]) -> None:
    assert upload(api, picture()).json()["has_poster_picture"] is True
    assert upload(api, picture("WEBP")).status_code == 200
    assert api.get(f"/api/v1/referral-links/{link['id']}/poster").status_code == 200
    assert api.delete("/api/v1/attribution-policy/picture").status_code == 204
    assert api.get("/api/v1/attribution-policy").json()["has_poster_picture"] is False


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "unreadable_picture"),
        (b"<svg onload=alert(1)>", 422, "unreadable_picture"),
        (b"GIF89a" + b"\x00" * 60, 422, "unreadable_picture"),
        (picture()[:200], 422, "unreadable_picture"),
        (picture() + b"\x00" * (10 * 1_048_576), 413, "picture_too_large"),
    ],
    ids=["empty", "svg", "gif", "cut off", "too large"],
)
def test_what_is_no_picture_is_refused(api: ApiClient, content: bytes, status: int, code: str) -> None:
    answer = upload(api, content)
    assert (answer.status_code, answer.json()["code"]) in {(status, code), (413, "body_too_large")}
    assert Policy.objects.get().poster_picture == ""


def test_a_picture_needs_its_permission(api_as: Callable[[str], ApiClient]) -> None:
    assert upload(api_as("finance"), picture()).status_code == 403


def test_links_are_made_once_and_listed_with_what_they_brought(
    api: ApiClient, shop: Shop, link: dict[str, Any]
) -> None:
    assert set(link) == set(schemas.ReferralLinkOut.model_fields)
    assert link["url"].partition("/r/")[2].rstrip("/") == link["code"]
    again = api.post(f"/api/v1/agents/{shop.ling.pk}/referral-links", {})
    assert again.json()["id"] == link["id"]
    api.client.get(f"/r/{link['code']}/", headers={"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.49"})
    place(api, referral=link["code"])
    place(api, referral=f"{link['code']}~q")
    place(api, phone="+8613800000002", agent_code=link["code"])
    (row,) = api.get(f"/api/v1/referral-links?agent_id={shop.ling.pk}").json()["items"]
    assert (row["visits"], row["visitors"], row["customers_bound"], row["orders"]) == (1, 1, 2, 3)
    today = clock.business_date(clock.now())
    days = api.get(f"/api/v1/referral-links/{link['id']}/days?since={today}&until={today + timedelta(days=1)}")
    assert days.json() == {"items": [{"day": str(today), "opened": 1, "visitors": 1}]}
    assert api.get(f"/api/v1/referral-links?agent_id={shop.hua.pk}").json()["items"] == []


def test_links_to_products_name_them(api: ApiClient, shop: Shop) -> None:
    product = list_products(search="面霜").first()
    assert product is not None
    made = api.post(f"/api/v1/agents/{shop.ling.pk}/referral-links", {"product_id": product.pk})
    row = api.get(f"/api/v1/referral-links/{made.json()['id']}").json()
    assert (row["product_id"], row["product_name"]) == (product.pk, "面霜")


def test_what_a_link_cannot_be_made_for(api: ApiClient, api_as: Callable[[str], ApiClient], shop: Shop) -> None:
    path = f"/api/v1/agents/{shop.ling.pk}/referral-links"
    assert refusal(api.post("/api/v1/agents/999999/referral-links", {})) == (404, "agent_not_found", "")
    assert refusal(api.post(path, {"product_id": 999_999}))[:2] == (404, "product_not_found")
    assert api.post(path, {"product_id": 0}).status_code == 422
    assert api.post(path, {"product_id": "1"}).status_code == 422
    assert api.post(path, {"code": "MINE"}).status_code == 422
    assert api_as("warehouse").post(path, {}).status_code == 403


@pytest.mark.parametrize("path", ["", "/days?since=2026-01-01&until=2026-01-02", "/poster"])
def test_a_link_that_is_not_there(api: ApiClient, anonymous: Any, path: str) -> None:
    assert refusal(api.get(f"/api/v1/referral-links/999999{path}"))[:2] == (404, "link_not_found")
    assert anonymous.get(f"/api/v1/referral-links/999999{path}").status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-01-02&until=2026-01-02",
        "since=2026-01-02&until=2026-01-01",
        "since=2024-01-01&until=2026-01-01",
        "since=yesterday&until=2026-01-01",
        "since=2026-01-01",
    ],
)
def test_days_that_make_no_sense_are_refused(api: ApiClient, link: dict[str, Any], query: str) -> None:
    assert api.get(f"/api/v1/referral-links/{link['id']}/days?{query}").status_code == 422


def test_a_poster_is_sent_once(api: ApiClient, link: dict[str, Any]) -> None:
    answer = api.get(f"/api/v1/referral-links/{link['id']}/poster")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.content)).size == (750, 1334)
    tag = answer["ETag"]
    known = {"if-none-match": tag}
    assert api.get(f"/api/v1/referral-links/{link['id']}/poster", **known).status_code == 304
    api.patch("/api/v1/attribution-policy", {"poster_title": "新品上市"})
    assert api.get(f"/api/v1/referral-links/{link['id']}/poster", **known).status_code == 200


def test_a_contest_stands_in_the_log(api: ApiClient, shop: Shop) -> None:
    first = place(api, agent_code="ling")
    second = place(api, agent_code="HUA")
    assert (first["agent_id"], second["agent_id"]) == (shop.ling.pk, shop.ling.pk)
    rows = api.get(f"/api/v1/touches?customer_id={first['customer_id']}").json()["items"]
    assert set(rows[0]) == set(schemas.TouchpointOut.model_fields)
    assert [(row["agent_code"], row["outcome"], row["held_by_code"]) for row in rows] == [
        ("HUA", "protected", "LING"),
        ("LING", "bound", None),
    ]
    assert rows[0]["order_number"] == second["number"]
    contested = api.get("/api/v1/touches?contested=true").json()["items"]
    assert [row["id"] for row in contested] == [rows[0]["id"]]
    assert len(api.get(f"/api/v1/touches?agent_id={shop.hua.pk}&outcome=protected").json()["items"]) == 1
    assert api.get("/api/v1/touches?outcome=nonsense").status_code == 422


def test_a_shop_tells_of_a_visitor_who_signs_up(api: ApiClient, shop: Shop, link: dict[str, Any]) -> None:
    told = api.post("/api/v1/referrals", {"code": link["code"], "phone": PHONE, "name": "王芳", "source": "qr"})
    assert told.status_code == 201, told.content
    body = told.json()
    assert (body["outcome"], body["agent_id"]) == ("bound", shop.ling.pk)
    again = api.post("/api/v1/referrals", {"code": "HUA", "customer_id": body["customer_id"], "source": "code"})
    assert (again.json()["outcome"], again.json()["agent_id"]) == ("protected", shop.ling.pk)
    assert place(api)["agent_id"] == shop.ling.pk


def test_what_the_shop_must_not_tell(api: ApiClient, api_as: Callable[[str], ApiClient], shop: Shop) -> None:
    def tell(**body: Any) -> Any:
        return api.post("/api/v1/referrals", body)

    assert refusal(tell(code="NOBODY", phone=PHONE)) == (404, "agent_not_found", "code")
    assert refusal(tell(code="LING")) == (422, "customer_missing", "phone")
    assert refusal(tell(code="LING", customer_id=999_999))[:2] == (404, "customer_not_found")
    assert tell(code="LING", phone="12").status_code == 422
    assert tell(code="LING", phone=PHONE, source="manual").status_code == 422
    assert tell(phone=PHONE).status_code == 422
    assert tell(code="x" * 41, phone=PHONE).status_code == 422
    assert api.post(f"/api/v1/agents/{shop.ling.pk}/suspend", {}).status_code == 200
    assert refusal(tell(code="LING", phone=PHONE)) == (409, "agent_not_active", "code")
    assert api.get("/api/v1/customer-bindings").json()["items"] == []
    assert api_as("finance").post("/api/v1/referrals", {"code": "HUA", "phone": PHONE}).status_code == 403


def test_orders_by_a_code_of_nobody_are_refused_and_by_a_stale_link_not(api: ApiClient, shop: Shop) -> None:
    lines = [{"sku": "G-01", "quantity": 1}]
    wrong = api.post("/api/v1/orders", {"lines": lines, "buyer": {"phone": PHONE}, "agent_code": "NOBODY"})
    assert refusal(wrong) == (404, "agent_not_found", "agent_code")
    api.post(f"/api/v1/agents/{shop.hua.pk}/suspend", {})
    frozen = api.post("/api/v1/orders", {"lines": lines, "buyer": {"phone": PHONE}, "agent_code": "HUA"})
    assert refusal(frozen) == (409, "agent_not_active", "agent_code")
    assert place(api, referral="HUA")["agent_id"] is None
    long = {"lines": lines, "buyer": {"phone": PHONE, "referral": "x" * 41}}
    assert api.post("/api/v1/orders", long).status_code == 422


def test_the_staff_bind_and_let_go(api: ApiClient, api_as: Callable[[str], ApiClient], shop: Shop) -> None:
    order = place(api, agent_code="LING")
    path = f"/api/v1/customers/{order['customer_id']}/bind"
    moved = api.post(path, {"agent_id": shop.hua.pk, "reason": "客户要求"})
    assert (moved.status_code, moved.json()["outcome"]) == (201, "taken_over")
    (open_one,) = api.get(f"/api/v1/customer-bindings?customer_id={order['customer_id']}&is_open=true").json()["items"]
    assert set(open_one) == set(schemas.CustomerBindingOut.model_fields)
    assert (open_one["agent_code"], open_one["ended_because"]) == ("HUA", None)
    assert len(api.get(f"/api/v1/customer-bindings?customer_id={order['customer_id']}").json()["items"]) == 2
    end = f"/api/v1/customer-bindings/{open_one['id']}/end"
    assert api.post(end, {"reason": " "}).status_code == 422
    assert api.post(end, {}).status_code == 422
    assert api_as("warehouse").post(end, {"reason": "x"}).status_code == 403
    ended = api.post(end, {"reason": "投诉"})
    assert (ended.status_code, ended.json()["ended_because"]) == (200, "manual")
    assert refusal(api.post(end, {"reason": "again"}))[:2] == (409, "binding_ended")
    assert refusal(api.post("/api/v1/customer-bindings/999999/end", {"reason": "x"}))[:2] == (404, "binding_not_found")
    assert place(api)["agent_id"] is None


def test_whom_the_staff_cannot_bind(api: ApiClient, api_as: Callable[[str], ApiClient], shop: Shop) -> None:
    own = place(api, phone=shop.ling.phone)["customer_id"]
    path = f"/api/v1/customers/{own}/bind"
    assert refusal(api.post(path, {"agent_id": shop.ling.pk, "reason": "x"})) == (409, "own_purchase", "agent_id")
    assert refusal(api.post(path, {"agent_id": 999_999, "reason": "x"})) == (404, "agent_not_found", "agent_id")
    assert api.post(path, {"agent_id": shop.hua.pk}).status_code == 422
    assert api.post(path, {"agent_id": shop.hua.pk, "reason": "长" * 201}).status_code == 422
    nobody = api.post("/api/v1/customers/999999/bind", {"agent_id": shop.hua.pk, "reason": "x"})
    assert refusal(nobody)[:2] == (404, "customer_not_found")
    api.post(f"/api/v1/agents/{shop.hua.pk}/suspend", {})
    assert refusal(api.post(path, {"agent_id": shop.hua.pk, "reason": "x"})) == (409, "agent_not_active", "agent_id")
    assert api_as("finance").post(path, {"agent_id": shop.mei.pk, "reason": "x"}).status_code == 403


@pytest.mark.parametrize("path", ["referral-links", "customer-bindings", "touches"])
def test_lists_refuse_what_they_do_not_understand(api: ApiClient, path: str) -> None:
    for query in ("cursor=zzz", "limit=0", "limit=101", "agent_id=0", "agent_id=x", "colour=red"):
        assert api.get(f"/api/v1/{path}?{query}").status_code == 422, query
    assert api.get(f"/api/v1/{path}").json() == {"items": [], "next_cursor": None}
