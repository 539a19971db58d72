"""Events about people, handled after the request."""

from dataclasses import dataclass

from kernel.events.outbox import event


@event("accounts.password_reset_requested")
@dataclass(frozen=True)
class PasswordResetRequested:
    """A request for a reset link, with the name as typed; a handler looks the account up.

    The response must take the same time for known and unknown names, so the request itself looks nothing up.
    """

    name: str
    origin: str


@event("accounts.person_invited")
@dataclass(frozen=True)
class PersonInvited:
    """An invitation that goes by e-mail; its link is made when it is sent, and kept nowhere."""

    user_id: int
    origin: str
