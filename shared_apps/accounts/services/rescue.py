"""Restore an owner's access after a lost password or phone, or a stolen account."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Conflict
from kernel.events import outbox
from shared_apps.accounts.events import PasswordResetRequested
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.services import credentials, endings, people


class NoAddressToWriteTo(Conflict):
    code = "no_address_to_write_to"
    title = _("This person has no e-mail address a link could be sent to")


@transaction.atomic
def reset_sign_in(*, user_id: int, origin: str, without_second_step: bool, reason: str) -> User:
    """Invalidate the password, end sessions, links, keys and consents, and send a reset link; in the brand's schema.

    `without_second_step` also turns two-step sign-in off. The link goes to the stored address only, so that deceiving
    support gains nothing. `origin` is the brand's address. Raises UserNotFound, NoAddressToWriteTo.
    """
    user = people.lock_user(user_id)
    if not user.email:
        raise NoAddressToWriteTo
    user.set_unusable_password()
    changed = ["password"]
    if without_second_step:
        user.totp_secret = ""
        user.totp_confirmed_at = None
        user.totp_last_step = 0
        changed += ["totp_secret", "totp_confirmed_at", "totp_last_step"]
        credentials.burn_tokens(user_id=user.pk, purposes=[OneTimeToken.Purpose.RECOVERY_CODE.value])
    user.save(update_fields=changed)
    ended = endings.end_everything(user)  # of a stolen account, the thief's keys and consents too
    audit.record(
        action="accounts.sign_in_reset_by_support",
        subject=f"user:{user.pk}",
        after={"second_step_removed": without_second_step, "reason": reason, **ended},
    )
    outbox.publish(PasswordResetRequested(name=user.email, origin=origin))
    return user
