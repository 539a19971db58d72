"""Invoices in the console: issued and taken back by buttons, printed, never edited."""

import pytest
from django.test import Client
from django.urls import reverse

from tenant_apps.invoicing.models import Invoice, SellerProfile
from tests.factories.hands import ConsoleAs, console, console_as

from .conftest import sell

__all__ = ["console", "console_as"]
pytestmark = pytest.mark.django_db


def page(name: str, *arguments: object) -> str:
    return reverse(f"brand:invoicing_{name}", args=arguments, urlconf="config.urls_brand")


def test_an_invoice_is_issued_printed_and_taken_back(console: Client, goods: None) -> None:
    order = sell()
    form = {"order_number": order.number.lower(), "buyer_kind": "individual", "buyer_name": "王小姐"}
    console.post(page("invoice_issue"), form)
    invoice = Invoice.objects.get()
    assert console.get(page("invoice_changelist"), {"q": invoice.number}).status_code == 200
    assert invoice.number in console.get(page("invoice_change", invoice.pk)).content.decode()
    paper = console.get(page("invoice_print", invoice.pk)).content.decode()
    assert invoice.number in paper
    assert "299.97" in paper
    console.post(page("invoice_reverse", invoice.pk), {"reason": "抬头有误"})
    assert [row.kind for row in Invoice.objects.order_by("id")] == ["blue", "red"]


def test_a_refusal_is_shown_in_the_dialog_and_issues_nothing(console: Client, goods: None) -> None:
    form = {"order_number": "SO-NONE", "buyer_kind": "individual", "buyer_name": "王小姐"}
    assert console.post(page("invoice_issue"), form).status_code == 200
    form |= {"order_number": sell(paid=False).number}
    assert console.post(page("invoice_issue"), form).status_code == 200
    assert not Invoice.objects.exists()


def test_the_seller_profile_is_entered_once(console: Client) -> None:
    form = {"legal_name": "花漾彩妆有限公司", "tax_id": "91350100M000100Y44"}
    assert console.post(page("sellerprofile_add"), form).status_code == 200
    assert not SellerProfile.objects.exists()
    assert console.post(page("sellerprofile_add"), {**form, "tax_id": "91350100M000100Y43"}).status_code == 302
    assert console.get(page("sellerprofile_add")).status_code == 403
    assert console.get(page("sellerprofile_changelist")).status_code == 200


def test_sales_sees_no_invoices(console_as: ConsoleAs) -> None:
    assert console_as("sales").get(page("invoice_changelist")).status_code == 403
