"""Two at once: categories never stand in a circle or too deep, and a matrix is made once."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from kernel.core.errors import DomainError
from tenant_apps.catalog import rules
from tenant_apps.catalog.models import Category, Variant
from tenant_apps.catalog.selectors.categories import list_category_tree
from tenant_apps.catalog.services.categories import create_category, move_category
from tenant_apps.catalog.services.options import Option, generate_variants, set_options
from tenant_apps.catalog.services.products import create_product
from tests.factories.parallel import AtOnce

pytestmark = pytest.mark.django_db(transaction=True)


def attempt(function: Callable[[], Any]) -> Callable[[], str]:
    """Run it; its refusal's code, or nothing."""

    def run() -> str:
        try:
            function()
        except DomainError as refusal:
            return str(refusal.code)
        return ""

    return run


def test_opposite_moves_never_close_a_circle(at_once: AtOnce) -> None:
    for turn in range(5):
        first, second = (create_category(name=f"{turn} {name}") for name in "ab")
        outcomes = at_once(
            attempt(partial(move_category, category_id=first.pk, parent_id=second.pk)),
            attempt(partial(move_category, category_id=second.pk, parent_id=first.pk)),
        )
        assert sorted(outcomes) == ["", "cyclic_category"]
    assert len(list_category_tree()) == Category.objects.count()


def test_adding_below_what_moves_down_is_never_too_deep(at_once: AtOnce) -> None:
    for turn in range(5):
        high = create_category(name=f"{turn} 1")
        for depth in (2, 3):
            high = create_category(name=f"{turn} {depth}", parent_id=high.pk)
        low = create_category(name=f"{turn} a")
        leaf = create_category(name=f"{turn} b", parent_id=low.pk)
        outcomes = at_once(
            attempt(partial(move_category, category_id=low.pk, parent_id=high.pk)),
            attempt(partial(create_category, name=f"{turn} c", parent_id=leaf.pk)),
        )
        assert sorted(outcomes) == ["", "category_too_deep"]
    assert max(branch.depth for branch in list_category_tree()) <= rules.MAX_CATEGORY_DEPTH


def test_the_matrix_is_made_once(at_once: AtOnce) -> None:
    product = create_product(name="口红")
    set_options(product_id=product.pk, options=[Option("颜色", ("红", "蓝"))])

    def make(prefix: str) -> Callable[[], str]:
        return attempt(lambda: generate_variants(product_id=product.pk, sku_prefix=prefix, retail_price=Decimal(1)))

    assert at_once(make("A"), make("B"), make("C")) == ["", "", ""]
    assert Variant.objects.count() == 2
