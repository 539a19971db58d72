"""Helping a brand's owner to sign in: by letters to the address they have already, never by a way around it."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict, Invalid, NotFound, Text
from kernel.privacy.masking import mask_email
from kernel.tenancy.context import brand_schema, public_schema
from shared_apps.accounts import selectors as people
from shared_apps.accounts.services import rescue
from shared_apps.tenants import selectors as tenants
from shared_apps.tenants.selectors import BrandRecord
from shared_apps.tenants.services import sign_up
from shared_apps.tenants.states import ProvisioningState


class OwnerNotFound(NotFound):
    code = "owner_not_found"
    title = _("This brand has no owner who could be helped")


class NothingToConfirm(Conflict):
    code = "nothing_to_confirm"
    title = _("The owner has no e-mail address, or has confirmed it already")


@transaction.atomic
def resend_confirmation(*, brand_id: int, reason: str, public_url: str = "") -> str:
    """Ask the owner once more whether the e-mail address is read; returns the address, masked.

    `public_url` is how the platform was reached. Raises Invalid, OwnerNotFound, NothingToConfirm.
    """
    reason = _clean(reason, missing=_("Enter a reason."))
    brand = _brand_with_people(brand_id)
    with brand_schema(brand.schema_name):
        owner = _owner_of(brand)
        home = tenants.home_of(brand.slug, public_url=public_url)
        if not sign_up.send_confirmation(user_id=owner.pk, home=home):
            raise NothingToConfirm
    contact = mask_email(owner.email)
    _record("confirmation_resent", brand_id, {"owner": contact, "reason": reason})
    return contact


@transaction.atomic
def reset_login(*, brand_id: int, reason: str, without_second_step: bool, public_url: str = "") -> str:
    """End the owner's sessions and password, on request the two-step sign-in too, and send a reset link.

    `reason` says how support knows whom it talks to. Returns the address, masked. Both audit logs have it.
    Raises Invalid, OwnerNotFound, NoAddressToWriteTo.
    """
    reason = _clean(reason, missing=_("Say how you know that it is the owner."))
    brand = _brand_with_people(brand_id)
    with brand_schema(brand.schema_name):
        owner = rescue.reset_sign_in(
            user_id=_owner_of(brand).pk,
            origin=tenants.home_of(brand.slug, public_url=public_url),
            without_second_step=without_second_step,
            reason=reason,
        )
    contact = mask_email(owner.email or "")
    after = {"owner": contact, "second_step_removed": without_second_step, "reason": reason}
    _record("login_reset", brand_id, after)
    return contact


def _clean(reason: str, *, missing: Text) -> str:
    reason = reason.replace("\x00", "").strip()
    if not reason:
        raise Invalid(missing, field="reason")
    return reason


def _brand_with_people(brand_id: int) -> Any:
    brand = tenants.get_brand(brand_id=brand_id)
    if brand is None or brand.provisioning_state != ProvisioningState.READY or brand.schema_dropped_at is not None:
        raise OwnerNotFound
    return brand


def _owner_of(brand: BrandRecord) -> Any:
    """Return the person who signed the brand up, while an owner still; else the oldest owner."""
    owners = list(people.list_owners())
    if not owners:
        raise OwnerNotFound
    known = {brand.owner_email, brand.owner_phone} - {None, ""}
    return next((owner for owner in owners if {owner.email, owner.phone} & known), owners[0])


def _record(what: str, brand_id: int, after: dict[str, object]) -> None:
    with public_schema():
        audit.record(action=f"support.{what}", subject=f"brand:{brand_id}", after=after)
