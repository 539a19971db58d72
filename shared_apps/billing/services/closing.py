"""Closing an account: said by its owner, undone until the cooling-off is over, told to Stripe by a message of its own.

The face has asked for the password again. Nothing is deleted here: after the cooling-off the brand is suspended and its
owner can export, and the way into the archive begins, with notices.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Conflict, Forbidden
from kernel.events import outbox
from kernel.tenancy.actors import current_actor
from kernel.tenancy.context import public_schema
from shared_apps.billing.events import AccountClosed, AccountReopened
from shared_apps.billing.rules.status import COOLING_OFF, BillingStatus
from shared_apps.billing.services import lifecycle
from shared_apps.tenants.services import lifecycle as places
from shared_apps.tenants.states import BrandState

_BY_SUPPORT = "tenants.suspend"


class OnlyOwnerCloses(Forbidden):
    code = "only_owner_closes"
    title = _("Only the owner, signed in, closes the account or takes it back")


class AlreadyClosing(Conflict):
    code = "already_closing"
    title = _("This account is being closed already")


class NotClosing(Conflict):
    code = "not_closing"
    title = _("This account is not being closed")


class ClosingOver(Conflict):
    code = "closing_over"
    title = _("The time for taking it back is over. Ask our support.")


@transaction.atomic
def close_account(*, brand_id: int, now: datetime) -> BillingStatus:
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
        return lifecycle.sync_billing_status(brand_id=brand_id, now=now)


@transaction.atomic
def reopen_account(*, brand_id: int, now: datetime) -> BillingStatus:
    """Take the closing back: its owner until the cooling-off is over, support as long as the data is there.

    What was cancelled at Stripe because of it goes on, and a change down that was forgotten for it is planned again.
    Raises BrandNotFound, OnlyOwnerCloses, NotClosing, ClosingOver.
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
        return lifecycle.sync_billing_status(brand_id=brand_id, now=now)
