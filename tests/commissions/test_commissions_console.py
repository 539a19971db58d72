"""Commissions in the console: pages open, forms write by services, buttons act by POST."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from kernel.core import clock
from kernel.models import AuditRecord
from shared_apps.accounts.models import User
from tenant_apps.commissions.models import CommissionEntry, CommissionPlanVersion, Payout
from tenant_apps.commissions.services import accrual
from tests.factories.hands import ConsoleAs, console, console_as

from .conftest import Network, sell

__all__ = ["console", "console_as"]
pytestmark = pytest.mark.django_db


def page(name: str, *arguments: object) -> str:
    return reverse(f"brand:commissions_{name}", args=arguments, urlconf="config.urls_brand")


def earn() -> None:
    long_ago = clock.now() - timedelta(days=20)
    accrual.release_order(order_id=sell(now=long_ago).pk, delivered_at=long_ago)


def request_payout(console: Client, network: Network, amount: str) -> None:
    form = {"agent": network.ling.pk, "amount": amount, "method": "bank", "payee_name": "林某", "payee_account": "6222"}
    console.post(page("payout_add"), form)


def test_the_lists_open_and_explain(console: Client, network: Network) -> None:
    earn()
    for name in ("commissionplan_changelist", "payout_changelist"):
        assert console.get(page(name)).status_code == 200
    listed = console.get(page("commissionentry_changelist"), {"q": "LING"})
    assert "100.00 × 8 % = 8.00" in listed.content.decode()


def test_a_plan_saved_in_the_form_keeps_its_past(console: Client, network: Network) -> None:
    plan = CommissionPlanVersion.objects.get(level_id=network.ling.level_id)
    from tenant_apps.commissions.models import CommissionPlan

    row = CommissionPlan.objects.get(level_id=plan.level_id)
    form = {"tier1_rate": "15", "tier2_rate": "5 %", "holding_days": "8"}
    assert console.post(page("commissionplan_change", row.pk), form).status_code == 302
    refused = console.post(page("commissionplan_change", row.pk), {**form, "tier1_rate": "90"})
    assert refused.status_code == 200
    row.refresh_from_db()
    assert (row.tier1_rate, row.holding_days) == (Decimal("0.15"), 8)
    assert CommissionPlanVersion.objects.filter(level_id=plan.level_id).count() == 2


def test_a_payout_is_requested_in_the_form_and_approved_by_a_button(
    console: Client, console_as: ConsoleAs, network: Network
) -> None:
    earn()
    request_payout(console, network, "8.01")
    assert not Payout.objects.exists()
    request_payout(console, network, "8.00")
    payout = Payout.objects.get()
    assert "6222" not in console.get(page("payout_change", payout.pk)).content.decode()
    approve = page("payout_approve", payout.pk)
    for act in ("approve", "reject"):
        asked = console.get(page(f"payout_{act}", payout.pk)).content.decode()
        assert "8.00" in asked
        assert payout.payee_name in asked
        assert payout.payee_account not in asked
    console_as("manager").get(approve)
    payout.refresh_from_db()
    assert payout.state == "requested"
    console.post(approve)  # whoever asked does not approve: by now there is a second person
    payout.refresh_from_db()
    assert payout.state == "requested"
    console_as("finance").post(approve)
    payout.refresh_from_db()
    assert payout.state == "approved"
    shown = console.get(page("payout_change", payout.pk)).content.decode()
    assert f">{User.objects.get(email='finance@hands.example').name}<" in shown
    assert re.search(r"user:\d", shown) is None
    looks = AuditRecord.objects.filter(action="commissions.payee_seen", subject=f"payout:{payout.number}")
    assert not looks.exists()
    assert console_as("warehouse").get(page("payout_mark_paid", payout.pk)).status_code == 403
    assert not looks.exists()
    assert "林某 6222" in console.get(page("payout_mark_paid", payout.pk)).content.decode()
    assert looks.count() == 1
    console.post(page("payout_mark_paid", payout.pk), {"reference": "icbc-1"})
    payout.refresh_from_db()
    assert (payout.state, payout.reference) == ("paid", "icbc-1")
    assert "6222" not in console.get(page("payout_mark_paid", payout.pk)).content.decode()
    assert looks.count() == 1


def test_the_warehouse_sees_no_commissions(console_as: ConsoleAs) -> None:
    assert console_as("warehouse").get(page("payout_changelist")).status_code == 403


def test_the_page_of_an_entry_shows_no_keys_of_the_program(console: Client, network: Network) -> None:
    earn()
    entry = CommissionEntry.objects.latest("pk")
    answer = console.get(page("commissionentry_change", entry.pk))
    assert answer.status_code == 200
    content = answer.content.decode()
    assert entry.order_line.sku in content
    assert "% = " in content
    assert re.search(rf">\s*{entry.hold}\s*<", content) is None
