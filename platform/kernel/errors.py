"""Refusals the user can understand, by kind.

An app subclasses a kind beside the function that raises it and gives it a stable `code`; the API renders it as
RFC 9457 problem details, the console as a message. `detail` is translated, `code` never is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class FieldError:
    """One field that breaks one rule. `field` is the path in the body, such as `lines.2.quantity`."""

    field: str
    code: str
    detail: Text


class DomainError(Exception):
    """A refusal: nothing was changed, and the user is told which field breaks which rule."""

    status: ClassVar[int] = 400
    title: ClassVar[Text] = _("The request was refused")
    code: ClassVar[str] = "refused"
    detail: Text = ""

    def __init__(self, detail: Text = "", *, field: str = "", errors: Sequence[FieldError] = (), **extra: Any) -> None:
        self.detail = detail or self.detail or self.title
        self.errors = tuple(errors) or ((FieldError(field, self.code, self.detail),) if field else ())
        self.extra = extra
        super().__init__(str(self.code))

    def __str__(self) -> str:
        return str(self.detail)


class Unauthenticated(DomainError):
    status, code, title = 401, "unauthenticated", _("Sign in first")


class PaymentRequired(DomainError):
    status, code, title = 402, "payment_required", _("The plan does not allow this")


class Forbidden(DomainError):
    status, code, title = 403, "forbidden", _("Not allowed")


class NotFound(DomainError):
    status, code, title = 404, "not_found", _("Not found")


class Conflict(DomainError):
    status, code, title = 409, "conflict", _("Not possible in the present state")


class Gone(DomainError):
    status, code, title = 410, "gone", _("No longer valid")


class TooLarge(DomainError):
    status, code, title = 413, "too_large", _("Too large")


class Invalid(DomainError):
    status, code, title = 422, "invalid", _("The request breaks a rule")


class TooManyRequests(DomainError):
    """Refused for now. `extra["retry_after"]` is the number of seconds to wait."""

    status, code, title = 429, "too_many_requests", _("Too many requests")


class Unavailable(DomainError):
    status, code, title = 503, "unavailable", _("Busy, please try again")
