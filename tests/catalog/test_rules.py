"""Test the rules for SKUs and barcodes."""

from decimal import Decimal

import pytest

from tenant_apps.catalog import rules


@pytest.mark.parametrize(
    ("written", "stored"), [("ab-1", "AB-1"), ("  Ab-1 ", "AB-1"), ("口红-01a", "口红-01A"), ("AB 1", "AB 1")]
)
def test_sku_is_trimmed_and_upper_case(written: str, stored: str) -> None:
    assert rules.normalise_sku(written) == stored


@pytest.mark.parametrize("sku", ["", "A" * 65, "A\nB", "A\x00B", "A\u200bB"])
def test_sku_must_be_short_and_visible(sku: str) -> None:
    assert not rules.is_valid_sku(sku)


@pytest.mark.parametrize("barcode", ["", "4006381333931", "6901234567892", "ABC-123", "12345678"])
def test_barcode_accepted(barcode: str) -> None:
    assert rules.is_valid_barcode(barcode)


@pytest.mark.parametrize("barcode", ["4006381333932", "6901234567890", "A B", "条码", "9" * 33])
def test_barcode_refused(barcode: str) -> None:
    assert not rules.is_valid_barcode(barcode)


@pytest.mark.parametrize("price", ["0", "0.01", "12.3", "12.30", "12.300", "9999999999.99"])
def test_price_accepted(price: str) -> None:
    assert rules.is_valid_price(Decimal(price))


@pytest.mark.parametrize("price", ["-0.01", "0.001", "1000000000000", "NaN", "Infinity", "12.345"])
def test_price_refused(price: str) -> None:
    assert not rules.is_valid_price(Decimal(price))


@pytest.mark.parametrize("code", ["", "1070101010000000000"])
def test_tax_code_accepted(code: str) -> None:
    assert rules.is_valid_tax_code(code)


@pytest.mark.parametrize("code", ["107010101", "107010101000000000X", "１０７０１０１０１００００００００００"])
def test_tax_code_refused(code: str) -> None:
    assert not rules.is_valid_tax_code(code)


def test_tree_rules() -> None:
    parents = {1: None, 2: 1, 3: 2, 4: None}
    assert rules.would_loop(parents, node=1, parent=3)
    assert rules.would_loop(parents, node=1, parent=1)
    assert not rules.would_loop(parents, node=4, parent=3)
    assert rules.depth_of(parents, 3) == 3
    assert rules.height_of(parents, 1) == 3
    assert rules.height_of(parents, None) == 1
