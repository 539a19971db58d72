"""Content of the plan page: billing status, payments, and what comes next if nobody does anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from console.branding import days_left
from console.display import Tone
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import Text
from shared_apps.billing.models import PlanVersion, StripeInvoice, Subscription
from shared_apps.billing.selectors import invoices, overview, subscriptions
from shared_apps.billing.selectors import status as statuses
from shared_apps.billing.selectors.status import BillingSummary
from shared_apps.billing.selectors.subscriptions import price_of
from shared_apps.billing.services import checkout
from shared_apps.billing.states import Interval, InvoiceStatus, PlanPeriodKind, SubscriptionStatus
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.services.lifecycle import BrandNotFound
from shared_apps.tenants.states import BrandState, SuspensionCause

STATE_TONES: Final[dict[str, Tone]] = {
    BrandState.TRIALING: "info",
    BrandState.ACTIVE: "success",
    BrandState.PAST_DUE: "warning",
    BrandState.TRIAL_EXPIRED: "danger",
    BrandState.READ_ONLY: "danger",
    BrandState.SUSPENDED: "danger",
}
INVOICE_TONES: Final[dict[str, Tone]] = {
    InvoiceStatus.PAID: "success",
    InvoiceStatus.OPEN: "warning",
    InvoiceStatus.UNCOLLECTIBLE: "danger",
}
MAX_INVOICES: Final = 24


@dataclass(frozen=True)
class Fact:
    """A word and its value."""

    label: Text
    value: Text


@dataclass(frozen=True)
class PlanFacts:
    """The first box of the plan page."""

    name: str
    explanation: str
    next_step: str
    state_label: str
    tone: Tone
    figures: Sequence[Fact]
    what_comes: Sequence[str]
    pay_link: str
    is_subscribed: bool
    has_account: bool
    can_cancel: bool
    can_undo_cancel: bool
    can_undo_change: bool
    can_resume: bool


@dataclass(frozen=True)
class InvoiceRow:
    """One invoice, with the way to its page and PDF."""

    number: str
    issued_on: str
    next_attempt_on: str
    amount: str
    status_label: str
    tone: Tone
    is_open: bool
    note: str
    page_link: str
    pdf_link: str


def fresh_brand(brand_id: int) -> Any:
    """The brand as it stands now: the one a request carries may be half a minute old. Raises BrandNotFound."""
    brand = tenants.get_brand(brand_id=brand_id)
    if brand is None:
        raise BrandNotFound
    return brand


def day(moment: datetime) -> str:
    """A date in the reader's words and the brand's zone."""
    return date_format(localtime(moment, clock.brand_zone()), "DATE_FORMAT")


def hour(moment: datetime) -> str:
    """A date with the time of day, likewise."""
    return date_format(localtime(moment, clock.brand_zone()), "DATETIME_FORMAT")


def plan_of(brand: Any, now: datetime) -> PlanFacts:
    """Return the billing status in words."""
    shown = statuses.get_billing_status(brand, now)
    subscription = subscriptions.get_current(brand.pk)
    unpaid = invoices.get_open_invoice(brand.pk)
    ending = subscription is not None and subscription.cancel_at_period_end
    is_shut = brand.suspended_because == SuspensionCause.STAFF
    stays = brand.closing_at is None and not is_shut
    return PlanFacts(
        name=_name(shown),
        explanation=_explanation(shown),
        next_step=str(shown.next_step),
        state_label=str(shown.state.label),
        tone=STATE_TONES.get(shown.state, ""),
        figures=_figures(brand, shown, subscription, now),
        what_comes=[*_pending(subscription), *what_comes(shown)],
        pay_link=reverse("billing:invoice_page", args=[unpaid.pk]) if unpaid and not is_shut else "",
        can_resume=stays and subscription is not None and subscription.status == SubscriptionStatus.PAUSED,
        is_subscribed=subscription is not None,
        has_account=overview.is_known_to_stripe(brand.pk),
        can_cancel=subscription is not None and not ending and stays,
        can_undo_cancel=ending and stays,
        can_undo_change=stays and subscription is not None and subscription.pending_plan_version is not None,
    )


def _name(shown: BillingSummary) -> str:
    if shown.plan is not None:
        return shown.plan.plan.name
    return gettext("Trial") if shown.state in {BrandState.TRIALING, BrandState.TRIAL_EXPIRED} else gettext("No plan")


def _explanation(shown: BillingSummary) -> str:
    if shown.state == BrandState.ACTIVE and shown.plan is not None and shown.plan.retired_at is not None:
        return gettext("You keep version %(version)d of this plan until you change it.") % {
            "version": shown.plan.version
        }
    return str(shown.headline)


def _figures(brand: Any, shown: BillingSummary, subscription: Subscription | None, now: datetime) -> list[Fact]:
    figures = []
    if subscription is not None:
        paid = format_money(
            price_of(subscription.plan_version, subscription.interval), subscription.plan_version.currency, places=None
        )
        figures.append(Fact(Interval(subscription.interval).label, paid))
        figures.append(_next_payment(subscription))
    else:
        period = overview.get_running_period(brand.pk, now)
        if period is not None:
            words = (
                gettext("Paid by transfer until") if period.kind == PlanPeriodKind.OFFLINE else gettext("Given until")
            )
            figures.append(Fact(words, day(period.ends_at)))
    if shown.state == BrandState.TRIALING:
        left = days_left(brand.trial_ends_at, now)
        figures.append(Fact(gettext("Trial until"), day(brand.trial_ends_at)))
        figures.append(Fact(gettext("Left"), ngettext("%(days)d day", "%(days)d days", left) % {"days": left}))
    return figures


def _next_payment(subscription: Subscription) -> Fact:
    if subscription.status == SubscriptionStatus.PAUSED:
        return Fact(gettext("Paused since"), day(subscription.current_period_end))
    if subscription.past_due_since is not None:
        return Fact(gettext("Overdue since"), day(subscription.past_due_since))
    if subscription.cancel_at_period_end:
        return Fact(gettext("Ends"), day(subscription.current_period_end))
    if subscription.status == SubscriptionStatus.TRIALING:
        return Fact(gettext("First payment"), day(subscription.trial_ends_at or subscription.current_period_end))
    return Fact(gettext("Next payment"), day(subscription.current_period_end))


def _pending(subscription: Subscription | None) -> list[str]:
    if subscription is None or subscription.pending_plan_version is None:
        return []
    words = {
        "day": day(subscription.current_period_end),
        "plan": subscription.pending_plan_version.plan.name,
        "paid": str(Interval(subscription.pending_interval or subscription.interval).label).lower(),
    }
    return [gettext("From %(day)s on: %(plan)s, %(paid)s.") % words]


def what_comes(shown: BillingSummary) -> list[str]:
    """The next steps if nobody does anything, with their days."""
    sentences = []
    found = shown.status
    if found.until is not None and found.until == shown.closing_at:
        sentences.append(gettext("The owner closes this account on %(day)s.") % {"day": day(found.until)})
    elif found.until is not None and found.next_state is not None:
        sentences.append(_next_step(found.next_state) % {"day": day(found.until)})
    if found.archive_at is not None:
        sentences.append(gettext("On %(day)s the data is archived.") % {"day": day(found.archive_at)})
    return sentences


def _next_step(state: BrandState) -> str:
    return {
        BrandState.TRIAL_EXPIRED: gettext(
            "From %(day)s on everything can be read and nothing changed, until a plan is chosen."
        ),
        BrandState.PAST_DUE: gettext(
            "On %(day)s the next payment is due. Without it everything works for another week."
        ),
        BrandState.READ_ONLY: gettext("From %(day)s on everything can be read and exported, but nothing changed."),
        BrandState.SUSPENDED: gettext("From %(day)s on only the owner is let in, to billing and the export."),
    }.get(state, gettext("On %(day)s this changes."))


def current_version(brand: Any, now: datetime) -> PlanVersion | None:
    """The version the brand has, by whatever means; None on a trial."""
    return statuses.get_billing_status(brand, now).plan


def kept_version(subscription: Subscription | None, offered: Sequence[PlanVersion]) -> str:
    """Return a hint for a brand whose version is no longer offered; empty where it is."""
    if subscription is None or subscription.plan_version_id in {version.pk for version in offered}:
        return ""
    version = subscription.plan_version
    words = {
        "plan": version.plan.name,
        "price": format_money(price_of(version, subscription.interval), version.currency, places=None),
    }
    return gettext("You keep %(plan)s as you chose it, for %(price)s, until you change your plan.") % words


@dataclass(frozen=True)
class Planned:
    """Change planned for the period's end, and where it is undone."""

    text: str
    undo: str
    button: str


def planned_for(subscription: Subscription | None) -> Planned | None:
    """A cancellation or a change down that waits for the period's end."""
    if subscription is None:
        return None
    if subscription.cancel_at_period_end:
        text = gettext("The plan ends on %(day)s.") % {"day": day(subscription.current_period_end)}
        return Planned(text, reverse("billing:undo_cancel"), gettext("Go on after all"))
    if subscription.pending_plan_version is None:
        return None
    return Planned(_pending(subscription)[0], reverse("billing:undo_change"), gettext("Stay with the present plan"))


def note_before_choosing(brand: Any, now: datetime) -> str:
    """Return a hint for a person about to pay: the account is being closed, days are still covered."""
    if brand.suspended_because == SuspensionCause.STAFF:
        return gettext("Our support suspended this brand: nothing can be bought until it is lifted. Ask our support")
    if brand.closing_at is not None:
        return gettext("This account is being closed. Take the closing back first, then buy or change a plan")
    if subscriptions.get_current(brand.pk) is not None:
        return ""
    period = overview.get_running_period(brand.pk, now)
    if period is not None:
        return gettext("Your plan is paid until %(day)s without a card.") % {"day": day(period.ends_at)}
    if brand.state == BrandState.TRIALING and brand.trial_ends_at > now:
        words = {"day": day(brand.trial_ends_at)}
        if brand.trial_ends_at - now < checkout.MIN_TRIAL:
            return (
                gettext(
                    "Your trial runs until %(day)s. The payment service keeps free no less than two days: who "
                    "chooses a plan now pays its first period now, and the period begins now."
                )
                % words
            )
        return gettext("Your trial runs until %(day)s. You do not lose its days by choosing a plan now.") % words
    return ""


def invoice_rows(brand_id: int) -> list[InvoiceRow]:
    """The latest invoices, the newest first."""
    return [_invoice_row(invoice) for invoice in invoices.list_invoices(brand_id, limit=MAX_INVOICES)]


def _invoice_row(invoice: StripeInvoice) -> InvoiceRow:
    is_open = invoice.status == InvoiceStatus.OPEN
    return InvoiceRow(
        number=invoice.number or gettext("Draft"),
        issued_on=day(invoice.issued_at),
        next_attempt_on=day(invoice.next_attempt_at) if is_open and invoice.next_attempt_at else "",
        amount=format_money(invoice.total, invoice.currency, places=None),
        note=gettext("%(amount)s paid back")
        % {"amount": format_money(invoice.amount_returned, invoice.currency, places=None)}
        if invoice.amount_returned
        else "",
        status_label=str(InvoiceStatus(invoice.status).label),
        tone=INVOICE_TONES.get(invoice.status, ""),
        is_open=is_open,
        page_link=reverse("billing:invoice_page", args=[invoice.pk]),
        pdf_link=reverse("billing:invoice_pdf", args=[invoice.pk]),
    )
