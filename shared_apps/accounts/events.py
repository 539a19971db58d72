"""Facts about people that are acted on after the request is over."""

from dataclasses import dataclass

from kernel.events.outbox import event


@event("accounts.password_reset_requested")
@dataclass(frozen=True)
class PasswordResetRequested:
    """A request on the page for forgotten passwords, with the name as typed; the account is looked up later.

    The answer must take the same time for a known and an unknown name, so nothing is looked up in the request itself.
    """

    name: str
    origin: str
