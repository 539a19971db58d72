"""Stripe's objects as plain facts: what Banyan reads of them, and nothing else.

Shapes are those of API 2026-10-28: a subscription's period stands on its items, an invoice names its subscription in
`parent`. Amounts come in minor units (fen) and times in whole seconds; they leave as Decimal and aware datetimes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from shared_apps.billing.states import LIVE_SCHEDULES, Interval

MINOR_UNITS: Final = 100  # of the yuan, as of most currencies
_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)
# Of several disputes about one invoice the first of these counts.
DISPUTES_BY_WEIGHT: Final = (
    "lost",
    "needs_response",
    "under_review",
    "warning_needs_response",
    "warning_under_review",
    "won",
    "warning_closed",
    "prevented",
)
_INTERVALS: Final = frozenset(Interval.values)
Plain = Mapping[str, Any]


@dataclass(frozen=True)
class SubscriptionFacts:
    """A subscription's facts at Stripe."""

    id: str
    customer_id: str
    status: str
    item_id: str
    price: "PriceFacts"
    period_start: datetime
    period_end: datetime
    started_at: datetime
    ended_at: datetime | None
    trial_ends_at: datetime | None
    ends_with_period: bool
    ends_by_flag: bool  # and not by a date, which is taken back in another way
    cancels_at: datetime | None
    schedule_id: str
    latest_invoice_id: str
    card_id: str = ""  # of its own; empty where the customer's default is charged
    keeps_card: bool = False  # a card that pays an open invoice becomes its own
    pause_reason: str = ""  # Stripe's word, of a paused one
    collection_pause: str = ""  # what becomes of its invoices while collecting is paused
    has_pending_update: bool = False


@dataclass(frozen=True)
class ScheduleFacts:
    """A plan of phases that moves a subscription to another price at a moment to come.

    `settings` are those of the present phase that a phase loses unless they are sent again, as its update takes them.
    """

    id: str
    subscription_id: str
    is_alive: bool
    phase_start: datetime | None
    next_price_id: str  # of the phase after the present one; empty where there is none
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class InvoiceFacts:
    """An invoice. Its addresses hold for some days only: they are for whoever asks now, and never kept."""

    id: str
    customer_id: str
    subscription_id: str
    number: str
    status: str
    total: Decimal
    amount_paid: Decimal
    currency: str
    issued_at: datetime
    paid_at: datetime | None
    next_attempt_at: datetime | None
    page_url: str
    pdf_url: str
    returned: int  # fen, by credit notes after it was paid


@dataclass(frozen=True)
class MoneyFacts:
    """Fate of a paid invoice's money: what is left of it with us, and whether its payer's bank was asked.

    `kept` is None where no charge stands behind it, such as one paid from the customer's balance.
    """

    kept: Decimal | None
    dispute_status: str = ""


@dataclass(frozen=True)
class PreviewLine:
    """One line of an invoice that would be written: a credit is negative."""

    description: str
    amount: Decimal


@dataclass(frozen=True)
class InvoicePreview:
    """Cost of a change at once."""

    amount_due: Decimal
    currency: str
    lines: tuple[PreviewLine, ...]


@dataclass(frozen=True)
class SessionFacts:
    """A pay page: open, complete or expired."""

    id: str
    status: str
    url: str
    subscription_id: str
    expires_at: datetime


@dataclass(frozen=True)
class PriceFacts:
    """A price as it stands at Stripe, where a price is never changed."""

    id: str
    lookup_key: str
    product_id: str
    amount: Decimal
    currency: str
    interval: str
    is_active: bool


def lookup_key(*, plan_code: str, version: int, interval: str) -> str:
    """The name under which a price of ours is found: `basic_v1_year`."""
    return f"{plan_code}_v{version}_{interval}"


def to_minor(amount: Decimal) -> int:
    """Fen of an amount in yuan."""
    return int(amount * MINOR_UNITS)


def from_minor(amount: int | None) -> Decimal:
    """Yuan of an amount in fen, with two places."""
    return (Decimal(amount or 0) / MINOR_UNITS).quantize(Decimal("0.01"))


def to_timestamp(moment: datetime) -> int:
    """Whole seconds since 1970, as Stripe counts."""
    return int(moment.timestamp())


def read_moment(seconds: int | None) -> datetime | None:
    """The moment, or None where Stripe says nothing."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def id_of(value: object) -> str:
    """The id of something that Stripe gives as an id, as a whole object, or not at all."""
    if isinstance(value, Mapping):
        return str(value.get("id", ""))
    return str(value or "")


def read_subscription(found: Plain) -> SubscriptionFacts:
    """The facts of a subscription; of several items the first, since ours have one."""
    item = found["items"]["data"][0]
    period_end = _moment(item["current_period_end"])
    cancels_at = read_moment(found.get("cancel_at"))
    paused = (found.get("status_details") or {}).get("paused") or {}
    return SubscriptionFacts(
        id=found["id"],
        customer_id=id_of(found["customer"]),
        status=found["status"],
        item_id=item["id"],
        price=read_price(item["price"]),
        period_start=_moment(item["current_period_start"]),
        period_end=period_end,
        started_at=_moment(found["start_date"]),
        ended_at=read_moment(found.get("ended_at")),
        trial_ends_at=read_moment(found.get("trial_end")),
        # The portal and newer billing modes say the same by a date.
        ends_with_period=found.get("cancel_at_period_end") is True or (cancels_at or _FAR) <= period_end,
        ends_by_flag=found.get("cancel_at_period_end") is True,
        cancels_at=cancels_at,
        schedule_id=id_of(found.get("schedule")),
        latest_invoice_id=id_of(found.get("latest_invoice")),
        card_id=id_of(found.get("default_payment_method")),
        keeps_card=(found.get("payment_settings") or {}).get("save_default_payment_method") == "on_subscription",
        pause_reason=str((paused.get("subscription") or {}).get("type") or ""),
        collection_pause=str((found.get("pause_collection") or {}).get("behavior") or ""),
        has_pending_update=bool(found.get("pending_update")),
    )


def read_schedule(found: Plain) -> ScheduleFacts:
    """The facts of a schedule. What comes next is the first phase that starts when the present one ends, or later."""
    current = found.get("current_phase")
    phases: Sequence[Plain] = found.get("phases") or []
    later = [phase for phase in phases if current and phase["start_date"] >= current["end_date"]]
    present = [phase for phase in phases if current and phase["start_date"] == current["start_date"]]
    return ScheduleFacts(
        id=found["id"],
        subscription_id=id_of(found.get("subscription")) or id_of(found.get("released_subscription")),
        is_alive=found["status"] in LIVE_SCHEDULES,
        phase_start=read_moment(current["start_date"]) if current else None,
        next_price_id=id_of(later[0]["items"][0]["price"]) if later else "",
        settings=_settings_of_phase(present[0]) if present else {},
    )


def _settings_of_phase(phase: Plain) -> dict[str, Any]:
    """Return what the phase has beyond items and dates, in the words of an update; what it lacks is left out."""
    settings: dict[str, Any] = {
        name: value
        for name in ("collection_method", "default_payment_method", "description")
        if (value := id_of(phase.get(name)))
    }
    if discounts := [id_of(one.get("discount")) for one in phase.get("discounts") or []]:
        settings["discounts"] = [{"discount": discount} for discount in discounts if discount]
    if rates := [id_of(rate) for rate in phase.get("default_tax_rates") or []]:
        settings["default_tax_rates"] = rates
    if (phase.get("automatic_tax") or {}).get("enabled"):
        settings["automatic_tax"] = {"enabled": True}
    return settings


def read_invoice(found: Plain) -> InvoiceFacts:
    """The facts of an invoice. `issued_at` is when it was finalised, of a draft when it was made."""
    times = found.get("status_transitions") or {}
    return InvoiceFacts(
        id=found["id"],
        customer_id=id_of(found.get("customer")),
        subscription_id=id_of(((found.get("parent") or {}).get("subscription_details") or {}).get("subscription")),
        number=found.get("number") or "",
        status=found.get("status") or "draft",
        total=from_minor(found.get("total")),
        amount_paid=from_minor(found.get("amount_paid")),
        currency=str(found["currency"]).upper(),
        issued_at=_moment(times.get("finalized_at") or found["created"]),
        paid_at=read_moment(times.get("paid_at")),
        next_attempt_at=read_moment(found.get("next_payment_attempt")),
        page_url=found.get("hosted_invoice_url") or "",
        pdf_url=found.get("invoice_pdf") or "",
        returned=found.get("post_payment_credit_notes_amount") or 0,
    )


def read_money(payments: Sequence[Plain], dispute_statuses: Sequence[str], returned: int) -> MoneyFacts:
    """Read the payments of an invoice, their intents and charges expanded; `returned` (fen) by its credit notes."""
    charges = [
        charge
        for payment in payments
        if isinstance(intent := (payment.get("payment") or {}).get("payment_intent"), Mapping)
        and isinstance(charge := intent.get("latest_charge"), Mapping)
        and charge.get("paid")
    ]
    if not charges:
        return MoneyFacts(None)
    taken = sum(charge["amount"] for charge in charges)
    refunded = sum(charge["amount_refunded"] for charge in charges)
    worst = next((status for status in DISPUTES_BY_WEIGHT if status in dispute_statuses), "")
    lost = taken if worst == "lost" else 0
    return MoneyFacts(from_minor(max(0, taken - max(refunded, returned, lost))), worst)


def read_preview(found: Plain) -> InvoicePreview:
    """Read an invoice that was never written."""
    lines = [PreviewLine(line.get("description") or "", from_minor(line["amount"])) for line in found["lines"]["data"]]
    return InvoicePreview(
        amount_due=from_minor(found["amount_due"]), currency=str(found["currency"]).upper(), lines=tuple(lines)
    )


def read_session(found: Plain) -> SessionFacts:
    """The facts of a pay page."""
    return SessionFacts(
        id=found["id"],
        status=found.get("status") or "",
        url=found.get("url") or "",
        subscription_id=id_of(found.get("subscription")),
        expires_at=_moment(found["expires_at"]),
    )


def read_price(found: Plain) -> PriceFacts:
    """The facts of a price; one that is paid once has no interval."""
    recurring = found.get("recurring") or {}
    every = recurring.get("interval", "") if recurring.get("interval_count", 1) == 1 else ""
    return PriceFacts(
        id=found["id"],
        lookup_key=found.get("lookup_key") or "",
        product_id=id_of(found.get("product")),
        amount=from_minor(found.get("unit_amount")),
        currency=str(found["currency"]).upper(),
        interval=every if every in _INTERVALS else "",
        is_active=bool(found.get("active")),
    )
