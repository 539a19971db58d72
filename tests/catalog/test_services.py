"""Test the catalogue's writes and refusals."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.core import clock
from kernel.core.states import IllegalTransition
from kernel.models import AuditRecord
from tenant_apps.catalog.models import Category, Product, Variant
from tenant_apps.catalog.selectors.categories import CategoryNotFound, UnknownCategory, get_category
from tenant_apps.catalog.services.categories import (
    CategoryInUse,
    CategoryTooDeep,
    CyclicCategory,
    DuplicateCategory,
    change_category,
    create_category,
    delete_category,
)
from tenant_apps.catalog.services.products import InvalidProduct, change_product, create_product
from tenant_apps.catalog.services.shelf import put_on_shelf, take_off_shelf
from tenant_apps.catalog.services.variants import (
    DuplicateBarcode,
    DuplicateSku,
    InvalidVariant,
    add_variant,
    change_variant,
)
from tenant_apps.catalog.states import ShelfState

pytestmark = pytest.mark.django_db


def make_variant(sku: str = "RED-1", price: str = "99.00", **fields: object) -> Variant:
    product = create_product(name="口红 💄")
    return add_variant(product_id=product.pk, sku=sku, retail_price=Decimal(price), **fields)  # type: ignore[arg-type]


class TestCategories:
    def test_a_tree_of_categories(self) -> None:
        top = create_category(name="护肤")
        below = create_category(name="面霜", parent_id=top.pk)
        assert below.parent_id == top.pk

    def test_same_name_below_the_same_parent_is_refused(self) -> None:
        create_category(name="护肤")
        with pytest.raises(DuplicateCategory) as refusal:
            create_category(name="护肤")
        assert refusal.value.errors[0].field == "name"

    def test_unknown_parent(self) -> None:
        with pytest.raises(UnknownCategory) as refusal:
            create_category(name="护肤", parent_id=999_999)
        assert refusal.value.errors[0].field == "parent_id"

    def test_no_circle(self) -> None:
        top = create_category(name="a")
        middle = create_category(name="b", parent_id=top.pk)
        low = create_category(name="c", parent_id=middle.pk)
        for parent in (top, middle, low):
            with pytest.raises(CyclicCategory):
                change_category(category_id=top.pk, parent_id=parent.pk)

    def test_five_deep_and_no_deeper(self) -> None:
        parent_id = None
        for depth in range(5):
            parent_id = create_category(name=f"depth {depth}", parent_id=parent_id).pk
        with pytest.raises(CategoryTooDeep):
            create_category(name="depth 5", parent_id=parent_id)
        loose = create_category(name="loose")
        create_category(name="below loose", parent_id=loose.pk)
        fourth = Category.objects.get(name="depth 3")
        with pytest.raises(CategoryTooDeep):
            change_category(category_id=loose.pk, parent_id=fourth.pk)

    def test_category_in_use_stays(self) -> None:
        category = create_category(name="护肤")
        create_product(name="面霜", category_id=category.pk)
        with pytest.raises(CategoryInUse):
            delete_category(category_id=category.pk)

    def test_empty_category_goes(self) -> None:
        category = create_category(name="护肤")
        delete_category(category_id=category.pk)
        with pytest.raises(CategoryNotFound):
            get_category(category_id=category.pk)


class TestProducts:
    def test_new_product_is_off_the_shelf(self) -> None:
        assert create_product(name="面霜").state == ShelfState.OFF

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"tax_rate": Decimal("0.17")}, "tax_rate"),
            ({"tax_code": "123"}, "tax_code"),
            ({"category_id": 999_999}, "category_id"),
            ({"kind": "idea"}, "kind"),
        ],
    )
    def test_bad_fields_are_named(self, fields: dict[str, object], field: str) -> None:
        with pytest.raises((InvalidProduct, UnknownCategory)) as refusal:
            create_product(name="面霜", **fields)  # type: ignore[arg-type]
        assert refusal.value.errors[0].field == field
        assert not Product.objects.exists()

    def test_shelf_and_audit(self) -> None:
        product = create_product(name="面霜")
        assert put_on_shelf(product_id=product.pk, now=clock.now()).state == ShelfState.ON
        with pytest.raises(IllegalTransition):
            put_on_shelf(product_id=product.pk, now=clock.now())
        take_off_shelf(product_id=product.pk)
        actions = AuditRecord.objects.filter(subject=f"product:{product.pk}").order_by("id")
        assert [record.after for record in actions] == [{"state": "on_shelf"}, {"state": "off_shelf"}]

    def test_change_leaves_the_rest(self) -> None:
        product = create_product(name="面霜", description="old")
        Product.objects.filter(pk=product.pk).update(state=ShelfState.ON)
        changed = change_product(product_id=product.pk, name="晚霜")
        fresh = Product.objects.get(pk=product.pk)
        assert (fresh.name, fresh.description, fresh.state) == ("晚霜", "old", ShelfState.ON)
        assert changed.updated_at > product.updated_at


class TestVariants:
    def test_sku_is_normalised_and_unique(self) -> None:
        assert make_variant(" red-1 ").sku == "RED-1"
        with pytest.raises(DuplicateSku) as refusal:
            make_variant("Red-1")
        assert refusal.value.errors[0].field == "sku"

    def test_barcode_is_unique_when_present(self) -> None:
        make_variant("A", barcode="4006381333931")
        make_variant("B")
        make_variant("C")
        with pytest.raises(DuplicateBarcode) as refusal:
            make_variant("D", barcode="4006381333931")
        assert refusal.value.errors[0].field == "barcode"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"price": "-1"}, "retail_price"),
            ({"price": "1.001"}, "retail_price"),
            ({"sku": "  "}, "sku"),
            ({"sku": "S" * 65}, "sku"),
            ({"barcode": "4006381333932"}, "barcode"),
        ],
    )
    def test_bad_fields_are_named(self, fields: dict[str, str], field: str) -> None:
        with pytest.raises(InvalidVariant) as refusal:
            make_variant(**fields)
        assert refusal.value.errors[0].field == field
        assert not Variant.objects.exists()

    def test_a_new_price_is_audited(self) -> None:
        variant = make_variant()
        change_variant(variant_id=variant.pk, retail_price=Decimal("89.00"))
        change_variant(variant_id=variant.pk, name="红")
        record = AuditRecord.objects.get(action="catalog.retail_price")
        assert (record.before, record.after) == ({"retail_price": "99.00"}, {"retail_price": "89.00"})

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE catalog_variant SET sku = lower(sku) WHERE id = %s",
            "UPDATE catalog_variant SET sku = ' X ' WHERE id = %s",
            "UPDATE catalog_variant SET sku = '' WHERE id = %s",
            "UPDATE catalog_variant SET retail_price = -0.01 WHERE id = %s",
            "UPDATE catalog_product SET tax_rate = 0.17 FROM catalog_variant AS v WHERE v.id = %s",
            "UPDATE catalog_product SET state = 'lost' FROM catalog_variant AS v WHERE v.id = %s",
            "UPDATE catalog_product SET name = '' FROM catalog_variant AS v WHERE v.id = %s",
        ],
    )
    def test_the_database_refuses(self, sql: str) -> None:
        variant = make_variant()
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [variant.pk])
