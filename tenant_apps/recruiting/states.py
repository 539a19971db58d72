"""Words of applications and of team imports."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ApplicationState(TextChoices):
    """State of an application."""

    APPLIED = "applied", _("Applied")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ApplicationSource(TextChoices):
    """Author of the application: the applicant on the page, or the staff who approve it at once."""

    PAGE = "page", _("Application page")
    STAFF = "staff", _("Registered by the staff")


class RejectionReason(TextChoices):
    """The standard reasons for refusing an application."""

    INCOMPLETE = "incomplete", _("Details are missing or cannot be read")
    DUPLICATE = "duplicate", _("This person is an agent already")
    REGION_TAKEN = "region_taken", _("The region has an agent already")
    NOT_QUALIFIED = "not_qualified", _("The requirements are not met")
    FALSE_DETAILS = "false_details", _("The details are not true")
    OTHER = "other", _("Another reason, see the note")
