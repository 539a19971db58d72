"""Stripe as simply as it can be told: one customer, one subscription at a time, a card that works or does not.

It is the oracle of the property test: it knows what was paid for, and nothing of how the house keeps its mirror.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

PERIODS = {"month": timedelta(days=30), "year": timedelta(days=365)}
DUNNING = timedelta(days=14)  # then Stripe gives up on a card
LIVE = frozenset({"incomplete", "trialing", "active", "past_due", "unpaid"})


@dataclass
class Sub:
    """One subscription. `paid_until` is what money came for."""

    id: str
    plan: str
    interval: str
    started_at: datetime
    period_start: datetime
    period_end: datetime
    status: str = "active"
    cancels: bool = False
    ended_at: datetime | None = None
    unpaid_since: datetime | None = None
    paid_periods: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def is_period_paid(self) -> bool:
        return (self.period_start, self.period_end) in self.paid_periods

    def covers(self, now: datetime) -> bool:
        if self.status in {"active", "trialing"}:
            return True
        return any(start <= now < end for start, end in self.paid_periods)

    def covered_until(self, now: datetime) -> datetime | None:
        """Return the end of the last paid period, if it is over."""
        ends = [min(end, now) for start, end in self.paid_periods if start <= now]
        return max(ends, default=None)


@dataclass
class Till:
    """Stripe's side of one brand."""

    card_works: bool = True
    gives_up_by: str = "canceled"
    subs: list[Sub] = field(default_factory=list)

    @property
    def current(self) -> Sub | None:
        return next((sub for sub in reversed(self.subs) if sub.status in LIVE), None)

    def subscribe(self, plan: str, interval: str, now: datetime) -> None:
        sub = Sub(f"sub_{len(self.subs)}", plan, interval, now, now, now + PERIODS[interval])
        if self.card_works:
            self._pay(sub)
        else:
            sub.status = "incomplete"
        self.subs.append(sub)

    def recover(self) -> None:
        """The open bill is paid after all."""
        sub = self.current
        if sub is not None and sub.status in {"past_due", "unpaid", "incomplete"}:
            sub.status = "active"
            sub.unpaid_since = None
            self._pay(sub)

    def end_now(self, now: datetime) -> None:
        """Somebody ends it by hand, without giving money back."""
        sub = self.current
        if sub is not None:
            sub.status = "incomplete_expired" if sub.status == "incomplete" else "canceled"
            sub.ended_at = now

    def advance(self, now: datetime) -> None:
        """Let everything happen that is due by then, each at its moment."""
        while (sub := self.current) is not None and self._step(sub, now):
            pass

    def _step(self, sub: Sub, now: datetime) -> bool:
        if sub.status == "incomplete":
            return self._end(sub, "incomplete_expired", sub.started_at + timedelta(hours=23), now)
        if sub.status == "past_due" and sub.unpaid_since is not None:
            if self.gives_up_by == "unpaid" and now >= sub.unpaid_since + DUNNING:
                sub.status = "unpaid"
                return True
            return (
                self._end(sub, "canceled", sub.unpaid_since + DUNNING, now) if self.gives_up_by != "unpaid" else False
            )
        if sub.status != "active" or now < sub.period_end:
            return False
        if sub.cancels:
            return self._end(sub, "canceled", sub.period_end, now)
        sub.period_start = sub.period_end
        sub.period_end = sub.period_end + PERIODS[sub.interval]
        if self.card_works:
            self._pay(sub)
        else:
            sub.status = "past_due"
            sub.unpaid_since = sub.period_start
        return True

    def _end(self, sub: Sub, status: str, moment: datetime, now: datetime) -> bool:
        if now < moment:
            return False
        sub.status = status
        sub.ended_at = moment
        return True

    def _pay(self, sub: Sub) -> None:
        sub.paid_periods.append((sub.period_start, sub.period_end))
