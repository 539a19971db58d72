"""Trouble on purpose: the next requests fail in the ways networks and servers fail."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sandbox.stripe.errors import ApiError

# before   what is answered without doing the work
# after    the work is done, and the answer is lost
KINDS = ("500", "429", "timeout", "break", "500_after", "break_after")


@dataclass
class Plan:
    """What happens to the next requests whose method and path begin with `match`."""

    kind: str
    times: int
    match: str = ""
    seconds: float = 30.0  # of silence, for `timeout`


class Trouble:
    """The plans that are not used up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: list[Plan] = []

    def plan(self, kind: str, *, times: int = 1, match: str = "", seconds: float = 30.0) -> None:
        """Plan trouble for the next `times` requests; `match` is the beginning of `POST /v1/subscriptions`."""
        if kind not in KINDS:
            raise ApiError(400, f"Unknown kind of trouble: {kind}. One of: {', '.join(KINDS)}.")
        with self._lock:
            self._plans.append(Plan(kind, times, match, seconds))

    def clear(self) -> None:
        """No more trouble."""
        with self._lock:
            self._plans.clear()

    def take(self, request: str) -> Plan | None:
        """What is planned for this request, if anything."""
        with self._lock:
            for plan in self._plans:
                if request.startswith(plan.match):
                    plan.times -= 1
                    if plan.times <= 0:
                        self._plans.remove(plan)
                    return plan
        return None
