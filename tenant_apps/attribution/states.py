"""Words of attribution: how customers are bound, touched and let go."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BindingMode(TextChoices):
    """Touchpoint that binds a customer."""

    FIRST_COME = "first_come", _("The first agent, until the binding ends")
    NEW_ONLY = "new_only", _("Only customers who never bought")
    LAST_TOUCH = "last_touch", _("The last agent, outside the protection")


class TouchpointSource(TextChoices):
    """Way in which an agent and a customer met."""

    LINK = "link", _("Link")
    QR = "qr", _("QR code")
    CODE = "code", _("Code typed by hand")
    MANUAL = "manual", _("By the staff")


class TouchpointOutcome(TextChoices):
    """Result of a touchpoint."""

    BOUND = "bound", _("Bound")
    CONFIRMED = "confirmed", _("Bound to the same agent already")
    PROTECTED = "protected", _("Refused: protected for another agent")
    HELD = "held", _("Refused: bound to another agent")
    NOT_NEW = "not_new", _("Refused: not a new customer")
    TAKEN_OVER = "taken_over", _("Taken over from another agent")
    SELF = "self", _("Refused: the agent's own purchase")
    HANDED_OVER = "handed_over", _("Handed over from another agent")
    RELEASED = "released", _("Released by the staff")


class BindingEnd(TextChoices):
    """Reason for which a binding ended."""

    EXPIRED = "expired", _("Expired")
    TAKEN_OVER = "taken_over", _("Taken over")
    HANDED_OVER = "handed_over", _("Handed over with the team")
    MANUAL = "manual", _("By the staff")


# After these the customer is the agent's who met him.
BINDING_OUTCOMES: frozenset[TouchpointOutcome] = frozenset(
    {TouchpointOutcome.BOUND, TouchpointOutcome.TAKEN_OVER, TouchpointOutcome.CONFIRMED}
)
