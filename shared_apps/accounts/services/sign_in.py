"""Record sign-ins and sign-outs."""

from django.contrib.auth.models import AnonymousUser

from kernel.core import audit
from kernel.privacy import masking
from kernel.tenancy.actors import acting_as
from shared_apps.accounts import selectors
from shared_apps.accounts.models import User
from shared_apps.accounts.rules import sign_in_names


def record_sign_in(*, user: User, way: str) -> None:
    """Record a sign-in; `way` is `password`, `second_step` or `entry_link`."""
    with acting_as(selectors.actor_for_user(user)):
        audit.record(action="accounts.signed_in", subject=f"user:{user.pk}", after={"way": way})


def record_sign_out(*, user: User | AnonymousUser) -> None:
    if isinstance(user, User):
        with acting_as(selectors.actor_for_user(user)):
            audit.record(action="accounts.signed_out", subject=f"user:{user.pk}")


def record_lock_out(*, name: str) -> None:
    """Record too many failed attempts; the name may be another person's, so it is masked."""
    typed = sign_in_names.normalise_sign_in_name(name)
    shown = masking.mask_email(typed) if "@" in typed else masking.mask_phone(typed)
    audit.record(action="accounts.locked_out", subject=f"sign_in_name:{shown}")
