"""Adding thousands of variants at once, and two imports at once."""

import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shared_apps.tenants.models import Brand
from tenant_apps.catalog.models import Product, Variant
from tenant_apps.catalog.services.ensure import NewVariant, ensure_variants
from tenant_apps.catalog.services.variants import InvalidVariant
from tenant_apps.catalog.states import ProductKind, ShelfState
from tests.factories.parallel import AtOnce


def rows(count: int) -> list[NewVariant]:
    return [NewVariant(sku=f"sku-{number}", name=f"Thing {number}") for number in range(count)]


@pytest.mark.django_db
class TestEnsureVariants:
    def test_unknown_ones_are_added_off_the_shelf(self) -> None:
        row = NewVariant(sku="post", name="POSTAGE", kind=ProductKind.SERVICE, retail_price=Decimal("18.00"))
        ids = ensure_variants(rows=[row])
        variant = Variant.objects.select_related("product").get(id=ids["POST"])
        assert (variant.product.name, variant.product.kind, variant.product.state) == (
            "POSTAGE",
            "service",
            ShelfState.OFF,
        )
        assert variant.retail_price == Decimal("18.00")

    def test_again_adds_nothing(self) -> None:
        first = ensure_variants(rows=rows(10))
        assert ensure_variants(rows=rows(10)) == first
        assert Product.objects.count() == 10

    def test_case_does_not_make_another(self) -> None:
        pair = [
            NewVariant(sku="15056bl", name="edwardian parasol"),
            NewVariant(sku="15056BL", name="x"),
        ]
        ids = ensure_variants(rows=pair)
        assert list(ids) == ["15056BL"]
        assert Product.objects.get().name == "edwardian parasol"

    def test_odd_names(self) -> None:
        odd = [NewVariant(sku="A", name="  "), NewVariant(sku="B", name="长" * 300)]
        ensure_variants(rows=odd)
        assert sorted(Product.objects.values_list("name", flat=True)) == ["A", "长" * 200]

    def test_bad_sku_changes_nothing(self) -> None:
        with pytest.raises(InvalidVariant):
            ensure_variants(rows=[*rows(2), NewVariant(sku="\x00", name="x")])
        assert not Product.objects.exists()

    def test_five_thousand_in_a_handful_of_statements(self) -> None:
        with CaptureQueriesContext(
            connection,
        ) as small:
            ensure_variants(rows=rows(1))
        with CaptureQueriesContext(connection) as large:
            ids = ensure_variants(rows=rows(5_001))
        assert len(ids) == 5_001
        assert len(large) == len(small) <= 7


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_add_each_sku_once(live_brand: Brand, at_once: AtOnce) -> None:
    barrier = threading.Barrier(2, timeout=60)

    def load(name: str, reverse: bool) -> dict[str, int]:
        mine = [NewVariant(sku=f"s{number}", name=name) for number in range(300)]
        barrier.wait()
        return ensure_variants(rows=mine[::-1] if reverse else mine)

    one, other = at_once(lambda: load("one", False), lambda: load("other", True))
    assert one == other
    assert Product.objects.count() == Variant.objects.count() == 300
