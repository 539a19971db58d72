"""The platform console's pages of brands, tickets, announcements and visits."""

from shared_apps.support.admin import advice, announcements, brands, tickets, visits

__all__ = ["advice", "announcements", "brands", "tickets", "visits"]
