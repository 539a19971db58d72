"""Closing an account: said by its owner, undone until the cooling-off is over, told to Stripe by a message of its own.

The face has asked for the password again. Nothing is deleted here: after the cooling-off the brand is suspended and its
owner can export, and the way into the archive begins, with notices.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel import outbox
from kernel.actors import current_actor
from kernel.errors import Conflict, Forbidden
from kernel.tenancy import public_schema
from shared_apps.billing.events import AccountClosed, AccountReopened
from shared_apps.billing.models import SubscriptionChange
from shared_apps.billing.rules.standing import COOLING_OFF, Standing
from shared_apps.billing.selectors import subscriptions
from shared_apps.billing.services import lifecycle, plan_changes
from shared_apps.billing.states import ChangeKind
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.services import lifecycle as places
from shared_apps.tenants.states import BrandState

_BY_SUPPORT = "tenants.suspend"


class OnlyOwnerCloses(Forbidden):
    code, title = "only_owner_closes", _("Only the owner, signed in, closes the account or takes it back")


class AlreadyClosing(Conflict):
    code, title = "already_closing", _("This account is being closed already")


class NotClosing(Conflict):
    code, title = "not_closing", _("This account is not being closed")


class ClosingOver(Conflict):
    code, title = "closing_over", _("The time for taking it back is over. Ask our support.")


@transaction.atomic
def close_account(*, brand_id: int, now: datetime) -> Standing:
    """Close the account in 14 days; what Stripe collects is cancelled for the end of its period at once.

    Raises BrandNotFound, OnlyOwnerCloses, AlreadyClosing (also where the brand is archived).
    """
    actor = current_actor()
    if actor.kind != "user" or actor.role != "owner":
        raise OnlyOwnerCloses
    with public_schema():
        brand = places.lock_brand(brand_id=brand_id)
        if brand.closing_at is not None or brand.state == BrandState.ARCHIVED:
            raise AlreadyClosing
        closing_at = now + COOLING_OFF
        places.set_closing(brand=brand, closing_at=closing_at)
        outbox.publish(AccountClosed(brand_id=brand_id, closing_at=closing_at))
        return lifecycle.settle_brand(brand_id=brand_id, now=now)


@transaction.atomic
def reopen_account(*, brand_id: int, now: datetime) -> Standing:
    """Take the closing back: its owner until the cooling-off is over, support as long as the data is there.

    What was cancelled at Stripe because of it goes on. Raises BrandNotFound, OnlyOwnerCloses, NotClosing, ClosingOver.
    """
    actor = current_actor()
    by_support = actor.may(_BY_SUPPORT)
    if not by_support and (actor.kind != "user" or actor.role != "owner"):
        raise OnlyOwnerCloses
    with public_schema():
        brand = places.lock_brand(brand_id=brand_id)
        closing_at = brand.closing_at
        if closing_at is None or brand.state == BrandState.ARCHIVED:
            raise NotClosing
        if closing_at <= now and not by_support:
            raise ClosingOver
        places.set_closing(brand=brand, closing_at=None)
        outbox.publish(AccountReopened(brand_id=brand_id, closed_at=closing_at - COOLING_OFF))
        return lifecycle.settle_brand(brand_id=brand_id, now=now)


def stop_collecting(*, brand_id: int, now: datetime) -> bool:
    """Cancel a closed account's subscription for the end of its period; says whether there was one to cancel.

    Raises the gateway's errors: the message that calls it is delivered again.
    """
    current = subscriptions.get_current(brand_id)
    if not _is_closing(brand_id) or current is None or current.cancel_at_period_end:
        return False
    try:
        plan_changes.cancel_at_period_end(brand_id=brand_id, now=now)
    except (plan_changes.NoSubscription, plan_changes.EndsWithPeriod):
        return False  # Stripe knew already what the mirror did not
    return True


def go_on_collecting(*, brand_id: int, closed_at: datetime, now: datetime) -> bool:
    """Undo the cancellation that the closing made; one the owner had made before stays. Says whether it did."""
    current = subscriptions.get_current(brand_id)
    if _is_closing(brand_id) or current is None or not current.cancel_at_period_end:
        return False
    with public_schema():
        cancelled = SubscriptionChange.objects.filter(
            brand_id=brand_id, kind=ChangeKind.CANCEL_SCHEDULED, occurred_at__gte=closed_at - timedelta(minutes=1)
        )
        if not cancelled.exists():
            return False
    try:
        plan_changes.undo_cancel(brand_id=brand_id, now=now)
    except (plan_changes.NoSubscription, plan_changes.NothingToUndo):
        return False
    return True


def _is_closing(brand_id: int) -> bool:
    brand = tenants.get_brand(brand_id=brand_id)
    return brand is not None and brand.closing_at is not None
