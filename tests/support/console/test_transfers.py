"""Bank transfers are recorded with their proof, by two people where they are large."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.core import clock
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import OfflinePayment
from shared_apps.billing.states import PaymentState
from shared_apps.tenants.models import Brand
from tests.factories.brand_acts import act

pytestmark = pytest.mark.django_db


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def record(client: Client, brand: Brand, **given: Any) -> Any:
    usual = {
        "plan_code": "basic",
        "interval": "year",
        "periods": 1,
        "amount": "3600.00",
        "payer": "Acme Ltd.",
        "bank_reference": "ICBC-1",
        "received_on": clock.business_date(clock.now()).isoformat(),
        "note": "As agreed",
        "proof": SimpleUploadedFile("slip.pdf", PDF, content_type="application/pdf"),
    }
    return act(client, brand, "record_transfer", **(usual | given))


def test_a_transfer_is_recorded_with_its_proof_and_reversed(staff: Callable[..., Client], brand: Brand) -> None:
    client = staff("billing")
    assert record(client, brand).status_code == 302
    with public_schema():
        payment = OfflinePayment.objects.get()
    assert payment.state == PaymentState.APPROVED
    proof = client.get(f"/console/billing/offlinepayment/{payment.pk}/proof/")
    assert (proof.status_code, proof.headers["content-type"]) == (200, "application/pdf")
    assert proof.headers["content-disposition"].startswith("attachment")
    assert proof.getvalue() == PDF
    client.post(f"/console/billing/offlinepayment/{payment.pk}/reverse/", {"reason": "Bounced"})
    with public_schema():
        payment.refresh_from_db()
    assert (payment.state, payment.decision_reason) == (PaymentState.REVERSED, "Bounced")


def test_a_large_transfer_takes_two(staff: Callable[..., Client], brand: Brand) -> None:
    first = staff("billing")
    second = staff("billing")
    record(first, brand, plan_code="premium", periods=3, amount="59400.00")
    with public_schema():
        payment = OfflinePayment.objects.get()
    assert payment.state == PaymentState.AWAITING_APPROVAL
    address = f"/console/billing/offlinepayment/{payment.pk}/approve/"
    assert first.post(address).status_code == 200  # the dialog again: another person must do it
    assert second.post(address).status_code == 302
    with public_schema():
        payment.refresh_from_db()
    assert payment.state == PaymentState.APPROVED


def test_a_transfer_without_a_proof_is_refused(staff: Callable[..., Client], brand: Brand) -> None:
    record(staff("billing"), brand, proof="")
    with public_schema():
        assert not OfflinePayment.objects.exists()
