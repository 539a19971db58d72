"""Coupons, and the discounts they make of a subscription's invoices."""

from __future__ import annotations

from stripe.params import CouponCreateParams, CouponRetrieveParams

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid, unsupported
from sandbox.stripe.operations import operation
from sandbox.stripe.parameters import Params
from sandbox.stripe.work import Work, merge_metadata, new_id


@operation("POST", "/v1/coupons", CouponCreateParams)
def create_coupon(work: Work, params: Params) -> Json:
    """A share or an amount off, for ever; other durations are not done."""
    if params.get("duration", "once") != "forever":
        raise unsupported("duration other than forever")
    percent = params.get("percent_off")
    amount = params.get("amount_off")
    if (percent is None) == (amount is None):
        raise invalid("You must pass exactly one of `percent_off` and `amount_off`.", "percent_off")
    coupon: Json = {
        "id": params.get("id") or new_id("", 8).strip("_"),
        "object": "coupon",
        "amount_off": amount,
        "created": work.now(),
        "currency": params.get("currency"),
        "duration": "forever",
        "duration_in_months": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "name": params.get("name"),
        "percent_off": None if percent is None else float(percent),
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
    }
    merge_metadata(coupon, params.get("metadata"))
    return work.add("coupon", coupon)


@operation("GET", "/v1/coupons/{coupon}", CouponRetrieveParams)
def retrieve_coupon(work: Work, params: Params, coupon: str) -> Json:
    return work.get("coupon", coupon)


def take_discounts(work: Work, subscription: Json, params: Params) -> None:
    """Set a subscription's discounts by coupons, or keep some by their ids; an empty value takes all away."""
    if "discounts" in params:
        subscription["discounts"] = discount_ids(
            work, params["discounts"], subscription["customer"], subscription["id"]
        )


def discount_ids(work: Work, wanted: object, customer: str, subscription: str) -> list[str]:
    """Return the ids of the discounts that are asked for, made where they are named by a coupon."""
    found = []
    for one in wanted if isinstance(wanted, list) else []:
        if one.get("promotion_code"):
            raise unsupported(one.name_of("promotion_code"))
        if identifier := one.get("discount"):
            found.append(work.get("discount", identifier, one.name_of("discount"))["id"])
            continue
        coupon = work.get("coupon", one.need("coupon"), one.name_of("coupon"))
        discount: Json = {
            "id": new_id("di"),
            "object": "discount",
            "customer": customer,
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": work.now(),
            "end": None,
            "subscription": subscription,
        }
        found.append(work.add("discount", discount)["id"])
    return found


def take_off(work: Work, subscription: Json | None, lines: list[Json]) -> int:
    """Note on each line what the subscription's discounts take off, and return their sum in minor units.

    A share is also taken off what is credited, which was paid at the reduced price.
    """
    total = 0
    for identifier in (subscription or {}).get("discounts") or []:
        coupon = work.get("coupon", work.get("discount", identifier)["source"]["coupon"])
        for line in lines:
            left = line["amount"] - sum(one["amount"] for one in line["discount_amounts"])
            if coupon["percent_off"] is not None:
                off = (abs(left) * int(coupon["percent_off"] * 100) + 5_000) // 10_000 * (1 if left >= 0 else -1)
            else:
                off = max(0, min(left, coupon["amount_off"] - total))
            if off:
                line["discount_amounts"] = [*line["discount_amounts"], {"amount": off, "discount": identifier}]
                total += off
    return total
