"""Support sessions, tickets, announcements, advice and figures of brands. All of it stands in the public schema."""

from shared_apps.support.models.access import AccessGrant, AccessLogEntry, AccessPass
from shared_apps.support.models.advice import AdviserAssignment, Announcement, BrandNote, FollowUp
from shared_apps.support.models.figures import BrandFigures
from shared_apps.support.models.tickets import Ticket, TicketFile, TicketMessage

__all__ = [
    "AccessGrant",
    "AccessLogEntry",
    "AccessPass",
    "AdviserAssignment",
    "Announcement",
    "BrandFigures",
    "BrandNote",
    "FollowUp",
    "Ticket",
    "TicketFile",
    "TicketMessage",
]
