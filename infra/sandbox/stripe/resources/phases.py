"""Phases of a subscription schedule: their shape, and the current one."""

from __future__ import annotations

from typing import Any

from sandbox.core.errors import Json


def phase_items(subscription: Json) -> list[Json]:
    """A subscription's items as a phase names them."""
    return [
        phase_item(item["price"]["id"], item["quantity"], item["metadata"]) for item in subscription["items"]["data"]
    ]


def settings_of(subscription: Json) -> Json:
    """Return the settings that a phase made from a running subscription has."""
    return {
        "default_payment_method": subscription["default_payment_method"],
        "default_tax_rates": list(subscription["default_tax_rates"]),
        "discounts": [
            {"coupon": None, "discount": identifier, "promotion_code": None} for identifier in subscription["discounts"]
        ],
    }


def phase_item(price: str, quantity: int, metadata: Json) -> Json:
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": metadata,
        "plan": price,
        "price": price,
        "quantity": quantity,
        "tax_rates": [],
    }


def new_phase(items: list[Json], start: int, end: int, currency: str, **fields: Any) -> Json:
    """One phase, from `start` to `end`."""
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "automatic_tax": None,
        "billing_cycle_anchor": None,
        "billing_thresholds": None,
        "collection_method": None,
        "currency": currency,
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "end_date": end,
        "invoice_settings": None,
        "items": items,
        "metadata": {},
        "on_behalf_of": None,
        "proration_behavior": "create_prorations",
        "start_date": start,
        "transfer_data": None,
        "trial_end": None,
        **fields,
    }


def current_index(schedule: Json) -> int:
    """Return the index of the current phase."""
    start = schedule["current_phase"]["start_date"]
    return next(number for number, phase in enumerate(schedule["phases"]) if phase["start_date"] == start)


def next_phase_moment(schedule: Json) -> int | None:
    """Return the moment at which the current phase ends; None for a schedule that is not active."""
    return schedule["current_phase"]["end_date"] if schedule["status"] == "active" else None
