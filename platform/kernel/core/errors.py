"""Errors that users can understand, by kind.

An app subclasses a kind beside the function that raises it and gives it a stable `code`; the API renders it as
RFC 9457 problem details, the console as a message. `detail` is translated, `code` never is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class FieldError:
    """One broken rule of one field. `field` is the path in the body, such as `lines.2.quantity`."""

    field: str
    code: str
    detail: Text


class DomainError(Exception):
    """A refusal without side effects; `errors` name the fields and rules."""

    status: ClassVar[int] = 400
    title: ClassVar[Text] = _("The request was refused")
    code: ClassVar[str] = "refused"
    detail: Text = ""

    def __init__(
        self, detail: Text = "", *, field: str = "", errors: Sequence[FieldError] = (), **extra: object
    ) -> None:
        self.detail = detail or self.detail or self.title
        self.errors = tuple(errors) or ((FieldError(field, self.code, self.detail),) if field else ())
        self.extra = extra
        super().__init__(str(self.code))

    def __str__(self) -> str:
        return str(self.detail)


class Unauthenticated(DomainError):
    status = 401
    code = "unauthenticated"
    title = _("Sign in first")


class PaymentRequired(DomainError):
    status = 402
    code = "payment_required"
    title = _("The plan does not allow this")


class Forbidden(DomainError):
    status = 403
    code = "forbidden"
    title = _("Not allowed")


class NotFound(DomainError):
    status = 404
    code = "not_found"
    title = _("Not found")


class Conflict(DomainError):
    status = 409
    code = "conflict"
    title = _("Not possible in the present state")


class Gone(DomainError):
    status = 410
    code = "gone"
    title = _("No longer valid")


class TooLarge(DomainError):
    status = 413
    code = "too_large"
    title = _("Too large")


class Invalid(DomainError):
    status = 422
    code = "invalid"
    title = _("The request breaks a rule")


class ReasonMissing(Invalid):
    code = "reason_missing"
    title = _("A reason is needed")


class PeriodInvalid(Invalid):
    code = "period_invalid"
    title = _("The period's end must come after its beginning.")


class TooManyRequests(DomainError):
    """Refused for now. `extra["retry_after"]` is the number of seconds to wait."""

    status = 429
    code = "too_many_requests"
    title = _("Too many requests")


class Unavailable(DomainError):
    status = 503
    code = "unavailable"
    title = _("Busy, please try again")
