"""Decide bindings, without the database."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from tenant_apps.attribution.states import BINDING_OUTCOMES, BindingMode, TouchpointOutcome


@dataclass(frozen=True, slots=True)
class BindingPolicy:
    """The policy of one moment. It is kept with every touchpoint, so that a replay does not use a later one."""

    mode: BindingMode
    protection_days: int
    expiry_days: int
    own_purchases_earn: bool

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "mode": self.mode.value}

    def as_text(self) -> str:
        return json.dumps(self.as_json())

    @classmethod
    def read(cls, stored: Mapping[str, object]) -> "BindingPolicy":
        """Read what `as_json` wrote."""
        return cls(
            mode=BindingMode(str(stored["mode"])),
            protection_days=int(str(stored["protection_days"])),
            expiry_days=int(str(stored["expiry_days"])),
            own_purchases_earn=stored["own_purchases_earn"] is True,
        )

    def protected_until(self, moment: datetime) -> datetime:
        return moment + timedelta(days=self.protection_days)

    def expires_at(self, moment: datetime) -> datetime:
        return moment + timedelta(days=self.expiry_days)


@dataclass(frozen=True, slots=True)
class OpenBinding:
    """The binding that stands: whose, protected until when, and when it ends at the latest."""

    binding_id: int
    agent_id: int
    protected_until: datetime
    expires_at: datetime


def decide(
    policy: BindingPolicy, held: OpenBinding | None, *, agent_id: int, is_self: bool, is_new: bool, now: datetime
) -> TouchpointOutcome:
    """Decide a touchpoint of agent and customer. `held` has not lapsed at `now`.

    `is_new` tells whether the customer never bought.
    """
    if is_self and not policy.own_purchases_earn:
        return TouchpointOutcome.SELF
    if held is None:
        newcomer = policy.mode != BindingMode.NEW_ONLY or is_new
        return TouchpointOutcome.BOUND if newcomer else TouchpointOutcome.NOT_NEW
    if held.agent_id == agent_id:
        return TouchpointOutcome.CONFIRMED
    if now < held.protected_until:
        return TouchpointOutcome.PROTECTED
    return TouchpointOutcome.TAKEN_OVER if policy.mode == BindingMode.LAST_TOUCH else TouchpointOutcome.HELD


def renews(policy: BindingPolicy) -> bool:
    """Tell whether another touchpoint with the same agent starts the two dates anew: only where the last one counts."""
    return policy.mode == BindingMode.LAST_TOUCH


def attributed_to(outcome: TouchpointOutcome, *, agent_id: int, held: OpenBinding | None) -> int | None:
    """Return the agent of an order after the touchpoint: its own, else the holder, else nobody."""
    if outcome in BINDING_OUTCOMES:
        return agent_id
    return held.agent_id if held else None
