"""The field for a region: words and codes in, a code out; its columns are public."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from console.regions import RegionField
from shared_apps.tenants.models import Brand


@pytest.mark.parametrize(
    ("typed", "code"),
    [("广东省 深圳市 南山区", "440305"), ("4403", "4403"), ("吉林", "22"), ("东莞", "4419"), ("北京", "11"), ("", "")],
)
def test_words_become_a_code(typed: str, code: str) -> None:
    assert RegionField(required=False).clean(typed) == code


@pytest.mark.parametrize(
    ("typed", "needs_district", "error"),
    [
        ("火星", False, "unknown"),
        ("鼓楼区", False, "ambiguous"),
        ("广东省 深圳市", True, "no_district"),
        ("", True, "required"),
        ("9", True, "unknown"),
    ],
)
def test_an_unclear_region_is_refused(typed: str, needs_district: bool, error: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        RegionField(needs_district=needs_district).clean(typed)
    assert refusal.value.code == error


def test_a_code_is_shown_in_words_and_is_no_change() -> None:
    field = RegionField(required=False)
    shown = field.prepare_value("440305")
    assert shown == "广东省 深圳市 南山区"
    assert not field.has_changed("440305", shown)
    assert field.has_changed("440305", "深圳")
    assert field.has_changed("440305", "火星")


@pytest.mark.django_db
def test_the_columns_are_public_and_kept_by_browsers(brand: Brand) -> None:
    visitor = Client(headers={"host": f"{brand.slug}.localhost"})
    answer = visitor.get("/regions.json")
    columns = {province: dict(cities) for province, cities in json.loads(answer.content)}
    assert "南山区" in columns["广东省"]["深圳市"]
    assert visitor.get("/regions.json", headers={"if-none-match": answer["ETag"]}).status_code == 304
