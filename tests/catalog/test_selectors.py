"""Test the catalogue's reads for selling: one query each."""

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from kernel.core import clock
from tenant_apps.catalog.selectors.products import list_products
from tenant_apps.catalog.selectors.sellable import get_variants, get_variants_by_sku
from tenant_apps.catalog.services.products import create_product
from tenant_apps.catalog.services.shelf import put_on_shelf, take_off_shelf
from tenant_apps.catalog.services.variants import add_variant, change_variant

pytestmark = pytest.mark.django_db


def make_variants(count: int) -> list[int]:
    product = create_product(name="面霜", tax_rate=Decimal("0.13"))
    put_on_shelf(product_id=product.pk, now=clock.now())
    price = Decimal("12.30")
    return [
        add_variant(product_id=product.pk, sku=f"s-{number}", retail_price=price, name=f"{number} ml").pk
        for number in range(count)
    ]


def test_variants_by_id_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ids = make_variants(30)
    with django_assert_num_queries(1):
        found = get_variants(variant_ids=[*ids, 999_999], now=clock.now())
    assert list(found) == ids
    first = found[ids[0]]
    assert (first.sku, first.product_name, first.variant_name, first.kind) == ("S-0", "面霜", "0 ml", "goods")
    assert (first.retail_price, first.tax_rate, first.is_on_shelf) == (Decimal("12.30"), Decimal("0.13"), True)


def test_variants_by_sku_whatever_the_case(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_variants(2)
    with django_assert_num_queries(1):
        found = get_variants_by_sku(skus=[" s-0", "S-1", "nowhere"], now=clock.now())
    assert sorted(found) == ["S-0", "S-1"]


def test_off_the_shelf_or_inactive_is_not_on_the_shelf() -> None:
    first, second = make_variants(2)
    change_variant(variant_id=first, is_active=False)
    found = get_variants(variant_ids=[first, second], now=clock.now())
    assert [found[first].is_on_shelf, found[second].is_on_shelf] == [False, True]
    take_off_shelf(product_id=found[second].product_id)
    assert not get_variants(variant_ids=[second], now=clock.now())[second].is_on_shelf


def test_nothing_asked_nothing_found() -> None:
    assert get_variants(variant_ids=[], now=clock.now()) == {}


def test_search_products() -> None:
    make_variants(1)
    create_product(name="Night Cream")
    assert [product.name for product in list_products(search="s-0")] == ["面霜"]
    assert [product.name for product in list_products(search="cream")] == ["Night Cream"]
    assert not list_products(search="100%").exists()
