"""Faults to order: the next requests fail in the ways networks and servers fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.core.errors import RefusalError
from sandbox.core.web import Response

# Without `_after` nothing is done; with it the work is done and the answer is lost.
KINDS = ("500", "429", "409", "timeout", "slow", "break", "500_after", "break_after")


@dataclass
class Fault:
    """A fault for the next `times` requests whose method and path begin with `match`."""

    kind: str
    times: int = 1
    match: str = ""
    seconds: float = 30.0  # of silence, for `timeout` and `slow`

    def apply(self, answer: Callable[[], Response], failure: Callable[[int], Response]) -> Response | None:
        """Answer one request with this fault; None breaks the connection. `failure` makes the error page of a status.

        A `timeout` is silent first; `slow` does the work, and answers after the silence.
        """
        if self.kind in ("500", "429", "409"):
            return failure(int(self.kind))
        if self.kind == "timeout":
            time.sleep(self.seconds)
            return None
        if self.kind == "break":
            return None
        done = answer()
        if self.kind == "slow":
            time.sleep(self.seconds)
            return done
        return failure(500) if self.kind == "500_after" else None


class Faults:
    """Faults that were ordered and are not used up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ordered: list[Fault] = []

    def order(self, kind: str, *, times: int = 1, match: str = "", seconds: float = 30.0) -> None:
        """Order a fault for the next `times` requests; `match` is the beginning of `POST /v1/subscriptions`.

        Raises RefusalError for an unknown kind.
        """
        if kind not in KINDS:
            raise RefusalError(400, f"Unknown kind of fault: {kind}. One of: {', '.join(KINDS)}.")
        with self._lock:
            self._ordered.append(Fault(kind, times, match, seconds))

    def clear(self) -> None:
        """Order nothing more."""
        with self._lock:
            self._ordered.clear()

    def take(self, request_line: str) -> Fault | None:
        """Use up one of the faults ordered for this request."""
        with self._lock:
            for fault in self._ordered:
                if request_line.startswith(fault.match):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._ordered.remove(fault)
                    return fault
        return None
