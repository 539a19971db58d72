"""Reading pasted texts over HTTP and in the console."""

import pytest
from django.test import Client

from shared_apps.accounts.services import api_keys
from shared_apps.tenants.models import Brand
from tests.factories.api_client import ApiClient
from tests.factories.hands import ConsoleAs

pytestmark = pytest.mark.django_db

TEXT = "  张三 13800000000 广东省深圳市南山区科技园1栋 面霜2"


def test_api_answers_fields_with_spans(api: ApiClient) -> None:
    answer = api.post("/api/v1/addresses/read", {"text": TEXT})
    assert answer.status_code == 200, answer.content
    (found,) = answer.json()["receivers"]
    (span,) = found["name"]["spans"]
    assert (found["name"]["value"], TEXT[span["start"] : span["end"]]) == ("张三", "张三")
    assert (found["phone"]["value"], found["place"]["code"], found["is_whole"]) == ("13800000000", "440305", True)
    assert [(one["words"], one["quantity"]) for one in found["goods"]] == [("面霜", 2)]


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "  "}, {"text": "x" * 4001}, {"text": "x", "more": 1}])
def test_bad_bodies_are_refused(api: ApiClient, body: dict[str, object]) -> None:
    assert api.post("/api/v1/addresses/read", body).status_code == 422


def test_console_fills_what_is_sure_and_names_the_rest(console: Client) -> None:
    answer = console.post("/console/addresses/read/", {"text": "张三 138****0000 广东省深圳市南山区科技园1栋"})
    found = answer.json()
    assert found["fields"] == {"name": "张三", "phone": "", "region": "广东省 深圳市 南山区", "street": "科技园1栋"}
    assert found["to_check"] == ["phone"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("谢谢", "No address"),
        ("张三 13800000000-1234 广东省深圳市南山区科技园1栋", "1234"),
        ("香港九龙弥敦道688号 陈先生 13900100001", "Hong Kong"),
        ("木棉 13800000000 广东省深圳市南山区科技园1栋", "木棉"),
        ("张三 13800000000 广东省深圳市南山区1号\n李四 13800000001 浙江省杭州市西湖区2号", "2 addresses"),
    ],
)
def test_console_says_what_to_look_at(console: Client, text: str, words: str) -> None:
    answer = console.post("/console/addresses/read/", {"text": text}, headers={"accept-language": "en"})
    assert words in answer.json()["note"]


def test_console_refuses_an_empty_text_and_people_without_the_right(console: Client, console_as: ConsoleAs) -> None:
    assert console.post("/console/addresses/read/", {"text": " "}).status_code == 422
    assert console_as("warehouse").post("/console/addresses/read/", {"text": "x"}).status_code == 403


@pytest.mark.parametrize(("scope", "status"), [("orders.place", 200), ("customers.edit", 200), ("orders.ship", 403)])
def test_a_key_that_only_places_orders_reads_addresses_too(brand: Brand, scope: str, status: int) -> None:
    token = api_keys.issue_api_key(name="till", role="service", permissions={scope})[1]
    key = ApiClient(host=f"{brand.slug}.localhost", token=token)
    assert key.post("/api/v1/addresses/read", {"text": TEXT}).status_code == status
