"""Plan a change of a subscription: items, period, trial, prorations. A preview uses the same plan."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.core.errors import Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.parameters import Params
from sandbox.stripe.periods import day_of, next_boundary, step
from sandbox.stripe.resources.invoicing import amount_of, new_line
from sandbox.stripe.resources.items import changed_items, interval_of, set_period
from sandbox.stripe.work import Work


@dataclass
class Change:
    """The subscription as it would be, and what is to be charged for the change."""

    updates: Json
    items: list[Json]
    period: tuple[int, int]
    prorations: list[Json] = field(default_factory=list)
    charges: list[Json] = field(default_factory=list)  # whole periods that begin now

    def apply(self, subscription: Json) -> None:
        """Make it so."""
        set_period(self.items, *self.period)
        rows = {**subscription["items"], "data": self.items, "total_count": len(self.items)}
        subscription |= {**self.updates, "items": rows}


def period_of(subscription: Json) -> tuple[int, int]:
    """Start and end of the current period."""
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def part(amount: int, seconds: int, of: int) -> int:
    """The share of an amount for a part of its period, to the second, rounded half up."""
    return (2 * amount * seconds + of) // (2 * of) if of else 0


def plan_change(work: Work, subscription: Json, params: Params) -> Change:
    """Plan `items`, `trial_end`, `billing_cycle_anchor`, `proration_behavior` and `proration_date`."""
    now = work.now_of(subscription)
    old = [dict(item) for item in subscription["items"]["data"]]
    new = changed_items(work, subscription, params["items"]) if params.get("items") else [dict(row) for row in old]
    behavior = params.get("proration_behavior", "create_prorations")
    trialing = bool(subscription["trial_end"] and subscription["trial_end"] > now)
    anchor_now = params.sub("billing_cycle_anchor").get("type") == "now"
    trial_end = params.get("trial_end")
    if anchor_now and params.get("proration_date"):
        raise invalid("You cannot pass `proration_date` when the billing cycle anchor is reset.", "proration_date")
    moment = _proration_moment(params.get("proration_date"), subscription, now)
    if isinstance(trial_end, int):
        change = _trial_until(subscription, new, trial_end, now, trialing=trialing)
        restarted = not trialing
    elif trialing and trial_end != "now" and not anchor_now:
        change = Change({}, new, period_of(subscription))
        restarted = False
    elif trialing or anchor_now or (_interval_changes(old, new) and not _is_flexible(subscription)):
        change = _start_period(new, now, trialing=trialing)
        restarted = True
    elif interval_of(old[0]) != interval_of(new[0]):
        # In flexible mode the anchor stays: the new interval's present period is the one the old anchor makes.
        interval, count = interval_of(new[0])
        end = next_boundary(subscription["billing_cycle_anchor"], moment, interval, count)
        change = Change({}, new, (step(end, interval, -count), end))
        restarted = False
    else:
        change = Change({}, new, period_of(subscription))
        restarted = False
    if behavior != "none" and not trialing:
        change.prorations = _prorations(subscription, old, new, moment, change.period, restarted=restarted)
    return change


def _is_flexible(subscription: Json) -> bool:
    return bool(subscription["billing_mode"]["type"] == "flexible")


def _proration_moment(date: int | None, subscription: Json, now: int) -> int:
    start, end = period_of(subscription)
    if date is None:
        return min(max(now, start), end)
    if not start <= date <= end:
        raise invalid("Cannot specify a proration date outside of the current period.", "proration_date")
    return date


def _interval_changes(old: list[Json], new: list[Json]) -> bool:
    """A new interval begins a new period; so does the step from free to paid."""
    free = not sum(amount_of(item["price"], item["quantity"]) for item in old)
    paid = sum(amount_of(item["price"], item["quantity"]) for item in new) > 0
    return interval_of(old[0]) != interval_of(new[0]) or (free and paid)


def _trial_until(subscription: Json, new: list[Json], until: int, now: int, *, trialing: bool) -> Change:
    if until <= now:
        raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end")
    start = period_of(subscription)[0] if trialing else now
    updates = {
        "trial_end": until,
        "trial_start": subscription["trial_start"] if trialing else now,
        "billing_cycle_anchor": until,
        "status": "trialing",
        "_warned_for": None,
    }
    return Change(updates, new, (start, until))


def _start_period(new: list[Json], now: int, *, trialing: bool) -> Change:
    interval, count = interval_of(new[0])
    end = next_boundary(now, now, interval, count)
    updates: Json = {"billing_cycle_anchor": now}
    if trialing:
        updates |= {"trial_end": now, "status": "active"}
    return Change(updates, new, (now, end), charges=[period_line(item, now, end) for item in new])


def period_line(item: Json, start: int, end: int) -> Json:
    """The charge for a whole period."""
    price = item["price"]
    rate = f"{price['unit_amount'] / 100:,.2f} / {price['recurring']['interval']}"
    text = f"{item['quantity']} × {item['_name']} (at {rate})"
    return new_line(item, amount=amount_of(price, item["quantity"]), start=start, end=end, text=text)


def trial_line(item: Json, start: int, end: int) -> Json:
    """Nothing is charged for a trial, and the invoice says so."""
    text = f"Free trial for {item['quantity']} × {item['_name']}"
    return new_line(item, amount=0, start=start, end=end, text=text)


def _prorations(
    subscription: Json, old: list[Json], new: list[Json], moment: int, following: tuple[int, int], *, restarted: bool
) -> list[Json]:
    """Credits for what is taken away and charges for what comes, for the rest of the current period.

    `following` is the period of what comes: another one where the interval changes and the anchor stays.
    """
    start, end = period_of(subscription)
    before = {item["id"]: item for item in old}
    after = {item["id"]: item for item in new}
    lines = []
    for identifier, item in before.items():
        if restarted or not _same(item, after.get(identifier)):
            lines.append(_proration(item, moment, start, end, credit=True))
    for identifier, item in after.items():
        if not restarted and not _same(item, before.get(identifier)):
            lines.append(_proration(item, moment, *following, credit=False))
    return [line for line in lines if line["period"]["start"] < line["period"]["end"]]


def _same(item: Json, other: Json | None) -> bool:
    return other is not None and (item["price"]["id"], item["quantity"]) == (other["price"]["id"], other["quantity"])


def _proration(item: Json, moment: int, start: int, end: int, *, credit: bool) -> Json:
    share = part(amount_of(item["price"], item["quantity"]), end - moment, end - start)
    count = f"{item['quantity']} × " if item["quantity"] != 1 else ""
    text = f"{'Unused' if credit else 'Remaining'} time on {count}{item['_name']} after {day_of(moment)}"
    return new_line(item, amount=-share if credit else share, start=moment, end=end, text=text, proration=True)


def unused_time(subscription: Json, moment: int) -> list[Json]:
    """Credits for the rest of the period, when a subscription ends early."""
    return _prorations(
        subscription, subscription["items"]["data"], [], moment, period_of(subscription), restarted=False
    )
