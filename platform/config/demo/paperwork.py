"""Invoices and payouts of the demo brand."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from config.demo.furnishing import Seller
from kernel.tenancy.actors import Actor, acting_as
from shared_apps.accounts import selectors as accounts
from tenant_apps.commissions import selectors as commissions
from tenant_apps.commissions.services import payouts
from tenant_apps.commissions.states import PayoutMethod
from tenant_apps.invoicing.services import documents
from tenant_apps.invoicing.states import BuyerKind
from tenant_apps.orders.selectors import documents as order_documents
from tenant_apps.orders.selectors import facts as order_facts

INVOICES = 36
# Invented companies; the numbers have right check characters and belong to nobody.
COMPANIES = (
    ("示例文化传媒有限公司", "91000000MA0000001R"),
    ("示例商贸有限公司", "91000000MA0000002W"),
    ("示例礼仪服务有限公司", "91000000MA00000030"),
)


def issue_invoices(random: Random, order_ids: list[int], *, now: datetime) -> None:
    """Bill some of the delivered orders, some to companies, and take a few back."""
    wanted = sorted(random.sample(order_ids, min(INVOICES, len(order_ids))))
    for place, order_id in enumerate(wanted):
        facts = order_facts.get_order_facts(order_id=order_id)
        if not facts.is_invoiceable or facts.delivered_at is None:
            continue
        moment = min(facts.delivered_at + timedelta(hours=random.randint(1, 48)), now)
        invoice = documents.issue_invoice(order_id=order_id, buyer=_buyer(random, order_id), now=moment)
        if place % 12 == 5:
            reversed_at = min(moment + timedelta(hours=5), now)
            documents.reverse_invoice(invoice_id=invoice.pk, reason="抬头有误", now=reversed_at)


def _buyer(random: Random, order_id: int) -> documents.Buyer:
    if random.random() < 0.3:
        name, tax_id = random.choice(COMPANIES)
        return documents.Buyer(BuyerKind.ORGANISATION, name, tax_id)
    receiver = order_documents.get_order(order_id=order_id).receiver
    return documents.Buyer(BuyerKind.INDIVIDUAL, receiver.get("name") or "个人")


def pay_agents(sellers: list[Seller], staff: dict[str, int], *, now: datetime) -> None:
    """The agents with the highest balances ask for money; each payout stops at another step."""
    finance, manager = (_actor(staff[role]) for role in ("finance", "manager"))
    balances = {one: commissions.balance_of(agent_id=one.agent_id, as_of=now).available for one in sellers}
    richest = sorted((one for one in sellers if balances[one] >= 50), key=lambda one: -balances[one])[:8]
    for place, one in enumerate(richest):
        asked = now - timedelta(days=6 - place % 6, hours=place)
        amount = min((balances[one] * Decimal("0.6")).quantize(Decimal(1)) + Decimal("0.00"), Decimal("5000.00"))
        payee = payouts.Payee(PayoutMethod.BANK, f"代理 {one.code}", f"62220000{one.agent_id:011d}")
        with acting_as(finance):
            payout = payouts.request_payout(agent_id=one.agent_id, amount=amount, payee=payee, now=now)
        with acting_as(manager):
            _advance(payout.pk, place, asked=asked, now=now)


def _advance(payout_id: int, place: int, *, asked: datetime, now: datetime) -> None:
    if place % 4 == 3:
        return  # waits for approval
    if place % 8 == 6:
        payouts.reject_payout(payout_id=payout_id, reason="收款户名不符")
        return
    payouts.approve_payout(payout_id=payout_id, now=now)
    if place % 4 != 2:
        payouts.mark_payout_paid(payout_id=payout_id, reference=f"{asked:%Y%m%d}{payout_id:06d}", now=now)


def _actor(user_id: int) -> Actor:
    user = accounts.get_user(user_id=user_id)
    if user is None:
        raise RuntimeError("the demo's staff must be hired first")
    return accounts.actor_for_user(user)
