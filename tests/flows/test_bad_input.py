"""Every refusal names the field and the rule, in the user's language, and changes nothing."""

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from psycopg2 import sql

from kernel.core import clock
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.accounts.services import api_keys
from shared_apps.tenants.models import Brand
from shared_apps.tenants.services import lifecycle
from tenant_apps.agents.models import Agent
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.variants import add_variant
from tenant_apps.orders.services import channels
from tests.factories.api_client import ApiClient
from tests.factories.trade import Shop, open_shop

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
LINE = {"sku": "G-01", "quantity": 1}


def counts(schemas: tuple[str, ...]) -> dict[str, int]:
    """Count the rows of every table of the schemas, by its name: a union has no order of its own."""
    with public_schema(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_catalog.pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2",
            [list(schemas)],
        )
        count = sql.SQL("SELECT {}, count(*) FROM {}")
        parts = [count.format(sql.Literal(".".join(row)), sql.Identifier(*row)) for row in cursor.fetchall()]
        cursor.execute(sql.SQL(" UNION ALL ").join(parts).as_string(cursor.cursor))
        return dict(cursor.fetchall())


@pytest.fixture
def shop() -> Shop:
    """Three goods at 10, 20 and 30; one product off the shelf."""
    shop = open_shop(goods=3, pieces=10)
    product = create_product(name="旧款")
    add_variant(product_id=product.pk, sku="OLD", retail_price=Decimal("5.00"))
    return shop


@pytest.fixture
def unchanged(shop: Shop, api: ApiClient, brand: Brand, other_brand: Brand) -> Iterator[None]:
    """No table of either brand, nor of the platform, has more or fewer rows afterwards."""
    api.get("/api/v1/me")  # the key's first use is noted
    schemas = (brand.schema_name, other_brand.schema_name, "public")
    before = counts(schemas)
    yield
    assert counts(schemas) == before


def order(**changes: Any) -> dict[str, Any]:
    return {"lines": [LINE], **changes}


def lines(**changes: Any) -> dict[str, Any]:
    return {"lines": [{**LINE, **changes}]}


def refused(answer: Any, status: int, code: str, field: str) -> str:
    """Check the problem; the sentence that stands beside the field."""
    problem = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["status"]) == (status, status), problem
    assert problem["request_id"] == answer["X-Request-Id"]
    if not field:
        assert problem["code"] == code
        return str(problem["detail"])
    named = {(error["field"], error["code"]): error["detail"] for error in problem["errors"]}
    assert (field, code) in named
    return str(named[field, code])


BAD_ORDERS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"lines": []}, 422, "too_many_lines", "lines"),
    ({"lines": [{**LINE, "sku": f"S{i}"} for i in range(10_000)]}, 422, "too_many_lines", "lines"),
    ({}, 422, "missing", "lines"),
    ({"lines": {"0": LINE}}, 422, "list_type", "lines"),
    ({"lines": [[]]}, 422, "model_attributes_type", "lines.0"),
    (lines(quantity=0), 422, "greater_than_equal", "lines.0.quantity"),
    (lines(quantity=-1), 422, "greater_than_equal", "lines.0.quantity"),
    (lines(quantity=1_000_001), 422, "less_than_equal", "lines.0.quantity"),
    (lines(quantity=1.5), 422, "int_type", "lines.0.quantity"),
    (lines(quantity="1"), 422, "int_type", "lines.0.quantity"),
    (lines(quantity=True), 422, "int_type", "lines.0.quantity"),
    (lines(quantity=None), 422, "int_type", "lines.0.quantity"),
    (lines(quantity=11), 409, "insufficient_stock", "lines.0.quantity"),
    (lines(price="0.01"), 422, "extra_forbidden", "lines.0.price"),
    (lines(sku=""), 422, "string_too_short", "lines.0.sku"),
    (lines(sku="A" * 65), 422, "string_too_long", "lines.0.sku"),
    (lines(sku="NOTHING"), 422, "unknown_sku", "lines.0.sku"),
    (lines(sku="OLD"), 422, "off_shelf", "lines.0.sku"),
    (lines(sku="G\x00"), 422, "nul_byte", "lines.0.sku"),
    ({"lines": [LINE, {"sku": " g-01", "quantity": 2}]}, 422, "duplicate_sku", "lines.1.sku"),
    (order(state="paid"), 422, "extra_forbidden", "state"),
    (order(total="0.01"), 422, "extra_forbidden", "total"),
    (order(kind="return"), 422, "literal_error", "kind"),
    (order(kind="restock"), 422, "agent_missing", "agent_id"),
    (order(kind="restock", agent_id=0), 422, "greater_than_equal", "agent_id"),
    (order(kind="restock", agent_id=2**63), 422, "less_than_equal", "agent_id"),
    (order(kind="restock", agent_id=987_654), 404, "agent_not_found", "agent_id"),
    (order(agent_code="NOBODY"), 404, "agent_not_found", "agent_code"),
    (order(agent_code="LATE"), 409, "agent_expired", "agent_code"),
    (order(channel="nowhere"), 422, "unknown_reference", "channel"),
    (order(note="a\x00b"), 422, "nul_byte", "note"),
    (order(note="长" * 501), 422, "string_too_long", "note"),
    (order(buyer={"phone": "12345"}), 422, "not_a_phone_number", "buyer.phone"),
    (order(buyer={"phone": 13800138000}), 422, "not_a_phone_number", "buyer.phone"),
    (order(receiver={"fax": "1"}), 422, "extra_forbidden", "receiver.fax"),
    (order(discount="1.005"), 422, "too_many_decimals", "discount"),
    (order(discount=1.5), 422, "float_amount", "discount"),
    (order(discount="1e1"), 422, "not_a_decimal", "discount"),
    (order(discount="NaN"), 422, "not_a_decimal", "discount"),
    (order(discount="-1"), 422, "negative", "discount"),
    (order(discount="10.01"), 422, "invalid_terms", "discount"),
    (order(freight="1000000000000"), 422, "too_large", "freight"),
    (order(freight="999999999999.99"), 422, "invalid_terms", "lines"),
]


@pytest.mark.parametrize(("body", "status", "code", "field"), BAD_ORDERS, ids=[f"{c}-{f}" for _, _, c, f in BAD_ORDERS])
def test_bad_orders(
    api: ApiClient, shop: Shop, request: pytest.FixtureRequest, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    Agent.objects.filter(pk=shop.mei.pk).update(code="LATE", valid_until="2020-01-01")
    request.getfixturevalue("unchanged")
    english = refused(api.post(ORDERS, body, **{"accept-language": "en"}), status, code, field)
    chinese = refused(api.post(ORDERS, body, **{"accept-language": "zh-CN,zh;q=0.9,en;q=0.1"}), status, code, field)
    assert english.isascii() or "“" in english
    assert any("一" <= letter <= "鿿" for letter in chinese), chinese


RAW: list[tuple[bytes, str, int, str]] = [
    (b'{"lines": [', "application/json", 400, "bad_request"),
    (b'{"note": "\xff"}', "application/json", 400, "bad_request"),
    (b'{"note": "\\ud800"}', "application/json", 400, "bad_request"),
    (b'{"discount": NaN}', "application/json", 400, "bad_request"),
    (b"\xef\xbb\xbf{}", "application/json", 400, "bad_request"),
    (b'{"lines":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "application/json", 400, "bad_request"),
    (b'{"lines":' + b"[" * 1_000 + b"]" * 1_000 + b"}", "application/json", 422, "invalid"),
    (b"[]", "application/json", 422, "invalid"),
    (b"", "application/json", 422, "invalid"),
    (orjson.dumps(order()), "text/plain", 415, "unsupported_media_type"),
    (b"lines=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    (b"--x--", "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
    (b'{"note": "' + b"a" * 1_100_000 + b'"}', "application/json", 413, "too_large"),
]


@pytest.mark.parametrize("key", ["", "k-1"], ids=["plain", "with a key"])
@pytest.mark.parametrize(("body", "content_type", "status", "code"), RAW)
def test_bad_bodies(
    api: ApiClient, request: pytest.FixtureRequest, body: bytes, content_type: str, status: int, code: str, key: str
) -> None:
    if not key or status == 413:  # a key keeps the refusal of an operation, as it keeps its success
        request.getfixturevalue("unchanged")
    headers = {"authorization": f"Bearer {api.token}", **({"idempotency-key": key} if key else {})}
    send: Any = api.client.generic
    refused(send("POST", ORDERS, body, content_type, headers=headers), status, code, "")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("key", ["a" * 256, "a b", "é", "\x7f", " "])
def test_bad_keys(api: ApiClient, key: str) -> None:
    refused(api.post(ORDERS, order(), key=key), 422, "idempotency_key_malformed", "Idempotency-Key")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=abc", "limit"),
        ("cursor=forged", "cursor"),
        ("cursor=WyItaWQiLCI5Il0", "cursor"),
        ("sate=paid", "sate"),
        ("state=gold", "state"),
        ("since=2026-11-21", "since"),
        ("since=9999-12-31T23:59:59-14:00", "since"),
        ("number=%00", "number"),
    ],
)
def test_bad_filters(api: ApiClient, query: str, field: str) -> None:
    answer = api.get(f"{ORDERS}?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "head", "options"])
def test_methods_an_address_does_not_have(api: ApiClient, method: str) -> None:
    answer = api.request(method, ORDERS)
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


def test_the_token_of_another_brand_opens_nothing(other_brand: Brand, request: pytest.FixtureRequest) -> None:
    with brand_schema(other_brand.schema_name):
        token = api_keys.issue_api_key(name="theirs", role="owner")[1]
    request.getfixturevalue("unchanged")
    refused(ApiClient(host="acme.localhost", token=token).post(ORDERS, order()), 401, "api_key_refused", "")


def test_a_suspended_brand_neither_writes_nor_reads(
    api: ApiClient, brand: Brand, request: pytest.FixtureRequest
) -> None:
    with public_schema():
        lifecycle.suspend_brand(brand_id=brand.pk, reason="test", now=clock.now())
    request.getfixturevalue("unchanged")
    refused(api.post(ORDERS, order()), 403, "brand_suspended", "")
    refused(api.get(ORDERS), 403, "brand_suspended", "")


@pytest.mark.usefixtures("unchanged")
def test_nobody_stands_above_themselves(api: ApiClient, shop: Shop) -> None:
    for sponsor in (shop.ling, shop.hua):
        answer = api.post(f"/api/v1/agents/{shop.hua.pk}/change-sponsor", {"sponsor_id": sponsor.pk})
        refused(answer, 409, "cyclic_sponsor", "sponsor_id")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("host", ["a b", "localhost:abc", "x_y.localhost", "nobody.localhost", "evil.example", "[::1"])
def test_hosts_of_nobody(host: str) -> None:
    answer = Client(headers={"host": host}).post(ORDERS, order(), content_type="application/json")
    refused(answer, 404, "unknown_host", "")
    assert Client(headers={"host": host}).get("/console/").status_code == 404


# --- files -----------------------------------------------------------------------------------------------------------

HEADING = "order_number,sku,quantity,unit_price,placed_at\n"
ROW = "A-1,G-01,1,10.00,2026-11-01 10:00:00\n"


def workbook(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return buffer.getvalue()


def upload(api: ApiClient, content: bytes, **fields: str) -> Any:
    data = {"channel": "shop", "file": SimpleUploadedFile("orders.xlsx", content), **fields}
    send: Any = api.client.post
    return send("/api/v1/imports", data, headers={"authorization": f"Bearer {api.token}"})


@pytest.mark.parametrize(
    ("content", "fields", "code", "field"),
    [
        (workbook(xl__sheet_xml=b" " * 60_000_000), {}, "harmful_workbook", "file"),
        (workbook(xl__vbaProject_bin=b"macro"), {}, "harmful_workbook", "file"),
        (workbook(xl__sheet_dat=b"<c r='ZZ1048576'/>"), {}, "harmful_workbook", "file"),
        (b"PK\x03\x04 cut", {}, "harmful_workbook", "file"),
        (b"\0" * 100, {}, "unreadable_file", "file"),
        (b"a,b\n1,2\n", {}, "required_column", "mapping.sku"),
        ((HEADING + ROW).encode(), {"channel": "nowhere"}, "unknown_channel", "channel"),
        ((HEADING + ROW).encode(), {"mode": "quick"}, "literal_error", "mode"),
        ((HEADING + ROW).encode(), {"mapping": "[]"}, "json_field_invalid", "mapping"),
        ((HEADING + ROW).encode(), {"options": '{"a": 1}'}, "invalid_option", "options.a"),
        ((HEADING + ROW).encode(), {"options": '{"service_skus": [[1]]}'}, "invalid_option", "options.service_skus"),
        ((HEADING + ROW).encode(), {"options": '{"time_zone": "../etc"}'}, "invalid_option", "options.time_zone"),
        (
            (HEADING + ROW).encode(),
            {"options": '{"cancellation_prefix": "\\u0000"}'},
            "invalid_option",
            "options.cancellation_prefix",
        ),
    ],
)
def test_bad_files(
    api: ApiClient, request: pytest.FixtureRequest, content: bytes, fields: dict[str, str], code: str, field: str
) -> None:
    channels.create_channel(code="shop", name="店", kind="import")
    request.getfixturevalue("unchanged")
    refused(upload(api, content, **fields), 422, code, field)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_files_of_every_chinese_program_are_read(api: ApiClient, encoding: str) -> None:
    channels.create_channel(code="shop", name="店", kind="import")
    answer = upload(api, f"订单号,商家编码,数量,单价,下单时间\n{ROW}".encode(encoding))
    assert answer.status_code == 201
    assert answer.json()["mapping"]["sku"] == "商家编码"


def test_emoji_and_other_writing_are_welcome(api: ApiClient, shop: Shop) -> None:
    answer = api.post(ORDERS, order(note="送她 🎁 عمر", buyer={"name": "李 👩‍🔬"}, receiver={"name": "", "phone": ""}))
    assert (answer.status_code, answer.json()["note"]) == (201, "送她 🎁 عمر")
