"""Addresses that expire and answers that do not come.

Everything that any program can do through Stripe's API runs against Stripe itself as well, where there is a test key.
"""

import pytest

from kernel.core.errors import DomainError
from kernel.tenancy.context import public_schema
from sandbox.stripe.fake import FakeStripe
from shared_apps.billing.models import StripeInvoice
from shared_apps.billing.selectors import invoices
from shared_apps.billing.services import gateway, papers, plan_changes
from shared_apps.billing.services.gateway import (
    OutcomeUnknown,
    PaymentServiceUnavailable,
)
from tests.billing.stripe_payer import (
    Payer,
    mirror_invoices,
    ready,
)

pytestmark = pytest.mark.django_db


def test_invoices_are_paid_where_stripe_says_now(payer: Payer) -> None:
    ready(payer)
    payer.subscribe("basic", "month")
    payer.set_card("pm_card_chargeCustomerFail")
    payer.advance(days=45)
    payer.look()
    mirror_invoices(payer)
    row = invoices.get_open_invoice(payer.brand.pk)
    assert row is not None
    first = papers.fetch_papers(brand_id=payer.brand.pk, invoice_id=row.pk)
    payer.advance(days=60)
    again = papers.fetch_papers(brand_id=payer.brand.pk, invoice_id=row.pk)
    assert first.page_url != again.page_url
    with public_schema():
        fields = {field.name for field in StripeInvoice._meta.get_fields()}
    assert not {"page_url", "pdf_url"} & fields
    with pytest.raises(papers.InvoiceNotFound):
        papers.fetch_papers(brand_id=payer.brand.pk + 1, invoice_id=row.pk)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for Stripe for a moment only."""
    monkeypatch.setattr(gateway, "WRITE_TIMEOUT_SECONDS", 0.4)


@pytest.mark.usefixtures("impatient")
def test_a_slow_upgrade_is_looked_up(payer: Payer, fake: FakeStripe) -> None:
    ready(payer)
    payer.subscribe("basic", "month")
    fake.faults.order("slow", match="POST /v1/subscriptions/", seconds=6)
    made = plan_changes.change_plan(
        brand_id=payer.brand.pk, plan_code="premium", interval="month", proration_at=None, now=payer.now
    )
    assert made.row.plan_version.plan.code == "premium"
    paid = [row for row in payer.client.v1.invoices.list({"customer": payer.customer_id}).data if row.total > 36_000]
    assert len(paid) == 1


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [("409", OutcomeUnknown), ("500", OutcomeUnknown), ("429", PaymentServiceUnavailable)],
)
def test_what_is_not_known_is_said_so(payer: Payer, fake: FakeStripe, fault: str, refusal: type[DomainError]) -> None:
    ready(payer)
    payer.subscribe("basic", "month")
    fake.faults.order(fault, times=3, match="POST /v1/subscriptions/")
    with pytest.raises(refusal) as caught:
        plan_changes.change_plan(
            brand_id=payer.brand.pk, plan_code="premium", interval="month", proration_at=None, now=payer.now
        )
    assert type(caught.value) is refusal
    assert caught.value.status == 503
