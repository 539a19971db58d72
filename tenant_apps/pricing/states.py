"""States of price changes and sources of prices."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ChangeState(TextChoices):
    """State of a price change. Once its moment has come it is in force, without anything being done."""

    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    CANCELLED = "cancelled", _("Cancelled")


class PriceSource(TextChoices):
    """Rule a price came from, the strongest first."""

    AGREEMENT = "agreement", _("Agreed with the agent")
    LEVEL_PRICE = "level_price", _("Price of the level")
    CATEGORY_DISCOUNT = "category_discount", _("Discount of the level on the category")
    LEVEL_DISCOUNT = "level_discount", _("Discount of the level on everything")
    RETAIL = "retail", _("Retail price")
