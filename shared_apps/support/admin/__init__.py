"""The platform console's pages of brands, tickets, announcements and visits."""

from shared_apps.support.admin import advice, brands, tickets, visits

__all__ = ["advice", "brands", "tickets", "visits"]
