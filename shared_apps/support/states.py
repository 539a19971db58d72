"""The words of support: support sessions, tickets, announcements."""

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class GrantKind(models.TextChoices):
    """Way in which a support session was allowed."""

    CONSENT = "consent", _("Allowed by the owner")
    BREAK_GLASS = "break_glass", _("Emergency, decided by two administrators")


class TicketState(models.TextChoices):
    """Side whose turn it is."""

    OPEN = "open", _("Waiting for support")
    ANSWERED = "answered", _("Answered")
    CLOSED = "closed", _("Closed")


class AuthorKind(models.TextChoices):
    """Side that wrote."""

    BRAND = "brand", _("Brand")
    STAFF = "staff", _("Support")


class Audience(models.TextChoices):
    """Audience of an announcement."""

    ALL = "all", _("All brands")
    STATES = "states", _("Brands in certain states")
    PLANS = "plans", _("Brands on certain plans")
    BRANDS = "brands", _("Certain brands")


class Severity(models.TextChoices):
    """Severity of an announcement."""

    INFO = "info", _("Information")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


# A closed ticket opens again when either side has something to add.
TICKET_TRANSITIONS: Final[Mapping[TicketState, frozenset[TicketState]]] = {
    TicketState.OPEN: frozenset({TicketState.ANSWERED, TicketState.CLOSED}),
    TicketState.ANSWERED: frozenset({TicketState.OPEN, TicketState.CLOSED}),
    TicketState.CLOSED: frozenset({TicketState.OPEN, TicketState.ANSWERED}),
}
