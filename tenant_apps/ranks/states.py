"""Words of level rules and of what they propose."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RuleDirection(TextChoices):
    """Direction of a level rule."""

    PROMOTE = "promote", _("Promotion")
    DEMOTE = "demote", _("Demotion")


class Measure(TextChoices):
    """Net sales that count. There is no counting of heads here, and the database refuses any other word."""

    OWN = "own", _("Own net sales")
    TEAM = "team", _("Net sales of the agent and the team")


class Period(TextChoices):
    """Over which time results are measured."""

    MONTH = "month", _("Calendar month")
    QUARTER = "quarter", _("Calendar quarter")
    ROLLING = "rolling", _("The last days")


class ApplyMode(TextChoices):
    """Effect of a rule that is met."""

    PROPOSE = "propose", _("Propose it to the staff")
    APPLY = "apply", _("Apply it by itself")


class ProposalState(TextChoices):
    """State of a proposed change of level."""

    OPEN = "open", pgettext_lazy("proposal", "Open")
    APPLIED = "applied", pgettext_lazy("proposal", "Applied")
    DECLINED = "declined", _("Declined")
    LAPSED = "lapsed", _("No longer due")


class ExcludedBecause(TextChoices):
    """Why a sale is no result of an agent."""

    OWN_PURCHASE = "own_purchase", _("Own purchase")
    NOT_SELLING = "not_selling", _("May not sell")
