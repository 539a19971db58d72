"""Reasons for which brands leave."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CancelReason(models.TextChoices):
    """Reason an owner gives when cancelling."""

    TOO_EXPENSIVE = "too_expensive", _("Too expensive")
    MISSING_FEATURE = "missing_feature", _("Something is missing")
    TOO_DIFFICULT = "too_difficult", _("Too difficult to use")
    OTHER_SYSTEM = "other_system", _("We changed to another system")
    BUSINESS_ENDED = "business_ended", _("The business has ended or rests")
    PAYING_OTHERWISE = "paying_otherwise", _("We want to pay in another way")
    OTHER = "other", _("Another reason")
