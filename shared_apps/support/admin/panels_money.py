"""The panels of the brand's page that are about money: subscription, quotas, invoices, transfers and periods."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.display import Tone
from console.money import format_money
from console.panels import Fact, Meter, Panel, Row, facts, written
from shared_apps.billing.selectors import history
from shared_apps.billing.states import LIVE_STATUSES, InvoiceStatus, PaymentState, SubscriptionStatus
from shared_apps.support.admin.pages import first, list_of, page_of
from shared_apps.tenants.selectors import BrandRecord

_INVOICE_TONES: Final[dict[str, Tone]] = {
    InvoiceStatus.PAID: "success",
    InvoiceStatus.OPEN: "warning",
    InvoiceStatus.UNCOLLECTIBLE: "danger",
}
_PAYMENT_TONES: Final[dict[str, Tone]] = {
    PaymentState.AWAITING_APPROVAL: "warning",
    PaymentState.APPROVED: "success",
    PaymentState.REJECTED: "danger",
    PaymentState.REVERSED: "danger",
}
QUOTAS: Final = {
    "staff": _("Staff"),
    "agents": _("Agents"),
    "skus": _("SKUs"),
    "warehouses": _("Warehouses"),
    "orders": _("Orders this month"),
    "api_calls": _("API calls a minute"),
}


def subscription(brand: BrandRecord) -> Panel:
    """Show plan, interval, end, and what changes next; the ids at Stripe."""
    account = history.get_account(brand.pk)
    present = next((one for one in history.list_subscriptions(brand.pk)[:3] if one.status in LIVE_STATUSES), None)
    latest = present or history.list_subscriptions(brand.pk).first()
    shown: list[Fact] = [] if latest is None else list(_subscription_facts(latest))
    if account is not None and account.stripe_customer_id:
        shown.append(Fact(_("Stripe customer"), account.stripe_customer_id))
    return Panel(
        key="subscription",
        title=_("Subscription"),
        icon="card_membership",
        acting=("change_plan", "undo_change", "cancel_plan", "undo_cancel"),
        facts=shown,
        empty="" if shown else _("No subscription at Stripe."),
        more=list_of("billing_subscription", brand),
    )


def _subscription_facts(one: Any) -> Iterator[Fact]:
    interval = one.get_interval_display()
    status = SubscriptionStatus(one.status).label
    yield from facts(
        [
            (_("Status"), status),
            (_("Plan"), f"{one.plan_version} · {interval}"),
            (
                pgettext_lazy("subscription", "Period"),
                f"{written(one.current_period_start)} – {written(one.current_period_end)}",
            ),
            (_("Overdue since"), one.past_due_since),
            (_("Next change"), _next_change(one)),
            (_("Compared with Stripe"), one.fetched_at),
        ]
    )
    yield Fact(_("Stripe subscription"), one.stripe_subscription_id, page_of("billing_subscription", one.pk))


def _next_change(one: Any) -> str:
    if one.pending_plan_version is not None:
        said = {"plan": one.pending_plan_version, "day": written(one.current_period_end)}
        return gettext("%(plan)s from %(day)s") % said
    if one.ended_at is not None:
        return gettext("ended on %(day)s") % {"day": written(one.ended_at)}
    return gettext("ends on %(day)s") % {"day": written(one.current_period_end)} if one.cancel_at_period_end else ""


def usage(brand: BrandRecord, figures: Any) -> Panel:
    """Show the use of each quota, as the brand pushed it last."""
    said: dict[str, Any] = figures.usage if figures is not None else {}
    meters = [Meter(QUOTAS.get(name, name), use["used"], use["limit"]) for name, use in said.items()]
    return Panel(
        key="usage",
        title=_("Usage"),
        icon="data_usage",
        facts=facts([(_("As of"), figures.refreshed_at if figures is not None else None)]),
        meters=meters,
        empty="" if meters else _("The brand has not reported yet; it does so every hour."),
    )


def invoices(brand: BrandRecord) -> Panel:
    """The latest invoices at Stripe."""
    rows = [
        Row(
            title=str(invoice),
            note=written(invoice.issued_at),
            side=format_money(invoice.total, invoice.currency),
            label=invoice.get_status_display(),
            tone=_INVOICE_TONES.get(invoice.status, ""),
            link=page_of("billing_stripeinvoice", invoice.pk),
        )
        for invoice in first(history.list_invoices(brand.pk))
    ]
    return Panel(
        key="invoices",
        title=_("Subscription invoices"),
        icon="receipt_long",
        rows=rows,
        empty=_("No invoices."),
        more=list_of("billing_stripeinvoice", brand),
    )


def given_and_paid(brand: BrandRecord, now: datetime) -> Panel:
    """Bank transfers, and the periods they or a gift bought."""
    rows = [
        Row(
            title=transfer.bank_reference,
            note=f"{transfer.plan_version} · {written(transfer.starts_on)} – {written(transfer.ends_on)}",
            side=format_money(transfer.amount, transfer.currency),
            label=transfer.get_state_display(),
            tone=_PAYMENT_TONES.get(transfer.state, ""),
            link=page_of("billing_offlinepayment", transfer.pk),
        )
        for transfer in first(history.list_transfers(brand.pk))
    ]
    rows += [_period_row(period, now) for period in first(history.list_plan_periods(brand.pk))]
    return Panel(
        key="transfers",
        title=_("Transfers and given time"),
        icon="account_balance",
        acting=("record_transfer", "give_time"),
        rows=rows,
        empty=_("None."),
        more=list_of("billing_planperiod", brand),
    )


def _period_row(period: Any, now: datetime) -> Row:
    runs = period.revoked_at is None and period.starts_at <= now < period.ends_at
    word = (
        _("Revoked")
        if period.revoked_at
        else pgettext_lazy("given time", "Runs")
        if runs
        else _("Over")
        if period.ends_at <= now
        else _("To come")
    )
    return Row(
        title=f"{period.plan_version} · {period.get_kind_display()}",
        note=f"{written(period.starts_at)} – {written(period.ends_at)}",
        side=period.reason[:40],
        label=word,
        tone="danger" if period.revoked_at else "success" if runs else "",
        link=page_of("billing_planperiod", period.pk),
    )
