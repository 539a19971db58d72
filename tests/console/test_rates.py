"""Rates in the consoles: typed as percent or 折, kept as fractions."""

from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils import translation

from console.rates import DiscountField, PercentField, discount_text, percent_text
from console.sites import brand_site
from kernel.core.money import RateField
from shared_apps.accounts.services import users
from shared_apps.tenants.models import Brand


@pytest.mark.parametrize(
    ("typed", "fraction"),
    [
        ("10", "0.1"),
        ("10 %", "0.1"),
        ("10%", "0.1"),
        (" １０％ ", "0.1"),
        ("8.25", "0.0825"),
        ("0", "0"),
        ("100", "1"),
        ("0.1", "0.001"),
    ],
)
def test_percent_becomes_a_fraction(typed: str, fraction: str) -> None:
    assert PercentField().clean(typed) == Decimal(fraction)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("-1", "min_value"),
        ("101", "max_value"),
        ("ten", "invalid"),
        ("10 % %", "invalid"),
        ("NaN", "invalid"),
        ("", "required"),
        ("1.23456", "max_decimal_places"),
    ],
)
def test_percent_out_of_bounds_is_refused(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        PercentField().clean(typed)
    assert code in [error.code for error in refusal.value.error_list]


@pytest.mark.parametrize(
    ("typed", "fraction"),
    [
        ("4 折", "0.4"),
        ("4折", "0.4"),
        ("８.５折", "0.85"),
        ("85折", "0.85"),
        ("10 折", "1"),
        ("40 %", "0.4"),
        ("40％", "0.4"),
        ("40", "0.4"),
        ("4 %", "0.04"),
        ("100", "1"),
    ],
)
def test_a_discount_becomes_the_share_that_is_paid(typed: str, fraction: str) -> None:
    assert DiscountField().clean(typed) == Decimal(fraction)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("4", "ambiguous"),
        ("0.4", "ambiguous"),
        ("0 折", "range"),
        ("101 %", "range"),
        ("四折", "invalid"),
        ("-4 折", "invalid"),
        ("1e3", "invalid"),
        ("", "required"),
    ],
)
def test_an_unclear_discount_is_refused(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        DiscountField().clean(typed)
    assert refusal.value.code == code


@pytest.mark.parametrize("fraction", ["0.4", "0.85", "1", "0.123456", "0.05"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_is_shown_can_be_typed_again(fraction: str, language: str) -> None:
    rate = Decimal(fraction)
    with translation.override(language):
        assert DiscountField().clean(discount_text(rate)) == rate
        assert PercentField().clean(percent_text(rate)) == rate
        assert not DiscountField().has_changed(rate, DiscountField().prepare_value(rate))
        assert not PercentField().has_changed(rate, PercentField().prepare_value(rate))


def test_words_of_rates() -> None:
    with translation.override("zh-hans"):
        assert (discount_text(Decimal("0.400000")), percent_text(Decimal("0.130000"))) == ("4 折", "13 %")
    with translation.override("en"):
        assert discount_text(Decimal("0.400000")) == "40 %"


@pytest.mark.django_db
def test_no_form_of_the_console_asks_for_a_fraction(rf: RequestFactory, brand: Brand) -> None:
    request = rf.get("/console/")
    request.user = users.create_user(name="Mei", role="owner", email="mei@rates.example", password="qing-he-2026")
    asked: dict[tuple[str, str], forms.Field] = {}
    for model, page in brand_site._registry.items():
        rates = [field.name for field in model._meta.fields if isinstance(field, RateField)]
        if rates and page.has_add_permission(request):
            fields = page.get_form(request).base_fields
            asked |= {(model.__name__, name): fields[name] for name in rates if name in fields}
    assert asked
    allowed = (PercentField, DiscountField, forms.TypedChoiceField)
    assert {key for key, field in asked.items() if not isinstance(field, allowed)} == set()
