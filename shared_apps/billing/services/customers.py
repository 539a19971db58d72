"""The brand as Stripe's customer, and the lock under which everything about a brand at Stripe is done."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from kernel.tenancy.context import public_schema
from shared_apps.billing.models import BillingAccount
from shared_apps.billing.services import gateway_writes
from shared_apps.billing.services.gateway_writes import NewCustomer
from shared_apps.tenants.services import lifecycle as tenants
from shared_apps.tenants.states import BrandState, SuspensionCause


class NoBillingAccount(Conflict):
    code = "no_billing_account"
    title = _("There is nothing to show yet: choose a plan first")


class AccountClosing(Conflict):
    code = "account_closing"
    title = _("This account is being closed. Take the closing back first, then buy or change a plan")


class SuspendedBySupport(Conflict):
    code = "brand_suspended_by_support"
    title = _("Our support suspended this brand: nothing can be bought until it is lifted. Ask our support")


class ArchivedBrand(Conflict):
    code = "brand_archived"
    title = _("This brand is archived. Ask our support to bring it back first")


def ensure_staying(*, brand_id: int) -> None:
    """Lock the brand; nothing more is bought for one that is being closed or that its people cannot use.

    Raises AccountClosing, SuspendedBySupport, ArchivedBrand, BrandNotFound.
    """
    brand = tenants.lock_brand(brand_id=brand_id)
    if brand.state == BrandState.ARCHIVED:
        raise ArchivedBrand
    if brand.suspended_because == SuspensionCause.STAFF:
        raise SuspendedBySupport
    if brand.closing_at is not None:
        raise AccountClosing


@transaction.atomic
def ensure_customer(*, brand_id: int, now: datetime) -> BillingAccount:
    """The brand's account with a customer at Stripe, made where there is none; the brand stays locked until the end.

    The key names the brand's row and how many customers it lost: an answer that was lost is given again to the next
    try, and one customer is left. Raises BrandNotFound and the gateway's errors.
    """
    with public_schema():
        brand = tenants.lock_brand(brand_id=brand_id)
        account, _made = BillingAccount.objects.get_or_create(brand_id=brand_id, defaults={"created_at": now})
        if account.stripe_customer_id:
            return account
        new = NewCustomer(
            brand_id=brand_id,
            name=brand.company_name or brand.name,
            email=brand.owner_email or "",
            phone=brand.owner_phone or "",
            language=page_language(brand.language),
        )
        account.stripe_customer_id = gateway_writes.create_customer(
            new, key=f"customer:{brand_id}-{account.customers_lost}"
        )
        account.save(update_fields=["stripe_customer_id"])
        audit.record(
            action="billing.customer_made",
            subject=f"brand:{brand_id}",
            after={"stripe_customer_id": account.stripe_customer_id},
        )
        return account


def forget_customer(*, account: BillingAccount) -> None:
    """Note that the customer was deleted at Stripe, so that the brand can become a new one. The brand is locked."""
    gone = account.stripe_customer_id
    account.stripe_customer_id = None
    account.customers_lost += 1
    account.save(update_fields=["stripe_customer_id", "customers_lost"])
    audit.record(
        action="billing.customer_gone",
        subject=f"brand:{account.brand_id}",
        before={"stripe_customer_id": gone},
        after={"stripe_customer_id": ""},
    )


def get_account(*, brand_id: int) -> BillingAccount:
    """The account of a brand that has a customer. Raises NoBillingAccount."""
    with public_schema():
        account = BillingAccount.objects.filter(brand_id=brand_id, stripe_customer_id__isnull=False).first()
    if account is None:
        raise NoBillingAccount
    return account


def lock_owner(*, customer_id: str) -> BillingAccount | None:
    """The account of the brand that is this customer, the brand locked; None for a customer we do not know.

    What is fetched from Stripe after this is the newest anybody has fetched for the brand.
    """
    account = BillingAccount.objects.filter(stripe_customer_id=customer_id).first()
    if account is not None:
        tenants.lock_brand(brand_id=account.brand_id)
    return account


def page_language(language: str) -> str:
    """Ours in Stripe's words."""
    return "zh" if language.startswith("zh") else "en"
