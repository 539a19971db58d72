"""The platform console's pages of brands, tickets, announcements and support sessions."""

from shared_apps.support.admin import advice, announcements, brands, grants, tickets

__all__ = ["advice", "announcements", "brands", "grants", "tickets"]
