"""Tickets and support access as they go over the wire."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field, StrictBool, StringConstraints

from kernel.http.schemas import Strict

Subject = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Body = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class TicketIn(Strict):
    """A question. `page` and `request_id` say where it arose, such as an answer's `X-Request-Id`."""

    subject: Subject
    body: Body
    page: Annotated[str, StringConstraints(max_length=500)] = ""
    request_id: Annotated[str, StringConstraints(max_length=64)] = ""


class MessageIn(Strict):
    """Something more on a ticket."""

    body: Body


class TicketOut(Schema):
    """A ticket. `open` waits for support, `answered` for the brand."""

    number: str
    subject: str
    state: str
    opened_by: str
    page: str
    request_id: str
    assigned_to: str
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None


class TicketFileOut(Schema):
    """A file on a message; it is saved from the console."""

    id: int
    name: str
    content_type: str
    size_bytes: int


class TicketMessageOut(Schema):
    """One thing said; `author_kind` is `brand` or `staff`."""

    id: int
    author_kind: str
    author: str
    body: str
    created_at: datetime
    files: list[TicketFileOut]


class TicketDetailOut(TicketOut):
    """A ticket with everything that was said, oldest first."""

    messages: list[TicketMessageOut]


class SupportAccessIn(Strict):
    """Let support look in: for 1 to 72 hours from now, read-only unless `may_write`."""

    hours: Annotated[int, Field(strict=True, ge=1, le=72)]
    reason: Reason
    may_write: StrictBool = False  # a word that merely looks like "yes" is no consent


class SupportAccessOut(Schema):
    """An access. `starts_at` and `ends_at` are empty while an emergency waits for its second administrator."""

    id: int
    kind: str
    reason: str
    may_write: bool
    hours: int
    requested_by: str
    approved_by: str
    created_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str


class SupportLogEntryOut(Schema):
    """One request made during a support session."""

    id: int
    staff_name: str
    occurred_at: datetime
    method: str
    path: str
    status: int
    ip_address: str | None
    request_id: str
