"""Words of reports."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SalesBy(models.TextChoices):
    """Meaning of the rows of a sales report."""

    PRODUCT = "product", _("Product")
    CATEGORY = "category", _("Category")
    REGION = "region", _("Region")
    CHANNEL = "channel", _("Channel")
    AGENT = "agent", _("Agent")
    CUSTOMER = "customer", _("Customer")
    HOUR = "hour", _("Hour of the week")
    DAY = "day", pgettext_lazy("report", "Day")
    WEEK = "week", pgettext_lazy("report", "Week")
    MONTH = "month", pgettext_lazy("report", "Month")
    YEAR = "year", pgettext_lazy("report", "Year")


IN_TIME = frozenset({SalesBy.HOUR, SalesBy.DAY, SalesBy.WEEK, SalesBy.MONTH, SalesBy.YEAR})
"""Rows in the order of time; the others begin with the highest sales."""
