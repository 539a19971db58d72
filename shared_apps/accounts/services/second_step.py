"""Two-step sign-in: codes of an authenticator app (RFC 6238), and recovery codes."""

import hmac
from datetime import datetime, timedelta
from typing import Final

import pyotp
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Conflict, Invalid
from shared_apps.accounts.models import OneTimeToken, User
from shared_apps.accounts.rules import tokens
from shared_apps.accounts.services import credentials, people, throttle

STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10
_RECOVERY: Final = OneTimeToken.Purpose.RECOVERY_CODE
_FOR_EVER: Final = timedelta(days=36_500)


class WrongCode(Invalid):
    code = "wrong_code"
    title = _("This code is wrong, too old, or has been used already")


class SecondStepOn(Conflict):
    code = "second_step_on"
    title = _("Two-step sign-in is on already")


class SecondStepOff(Conflict):
    code = "second_step_off"
    title = _("Two-step sign-in is not on")


@transaction.atomic
def begin_enrolment(*, user_id: int) -> User:
    """Create a secret to scan, unless an unconfirmed one exists. Sign-in does not ask for codes yet.

    Raises SecondStepOn.
    """
    user = people.lock_person(user_id)
    if user.has_totp:
        raise SecondStepOn
    if not user.totp_secret:
        user.totp_secret = pyotp.random_base32()
        user.save(update_fields=["totp_secret"])
    return user


@transaction.atomic
def confirm_enrolment(*, user_id: int, code: str, now: datetime) -> list[str]:
    """Turn two-step sign-in on with a first code, and return the recovery codes, of which only digests are stored.

    Raises SecondStepOn, WrongCode, TooManyAttempts.
    """
    user = people.lock_person(user_id)
    if user.has_totp:
        raise SecondStepOn
    throttle.count(what="totp", who=str(user_id), limit=5, seconds=900)
    step = _matching_step(user, code, now)
    if step is None:
        raise WrongCode(field="code")
    throttle.forget(what="totp", who=str(user_id))
    user.totp_confirmed_at = now
    user.totp_last_step = step
    user.save(update_fields=["totp_confirmed_at", "totp_last_step"])
    audit.record(action="accounts.second_step_on", subject=f"user:{user.pk}")
    return _new_recovery_codes(user, now)


@transaction.atomic
def verify(*, user_id: int, code: str, now: datetime) -> None:
    """Accept a code of the app, or use up a recovery code. Each code is accepted once.

    Raises WrongCode, TooManyAttempts (five wrong codes in 15 minutes).
    """
    throttle.count(what="totp", who=str(user_id), limit=5, seconds=900)
    user = User.objects.filter(pk=user_id, is_active=True, totp_confirmed_at__isnull=False).first()
    if user is None or not (_accept_step(user, code, now) or _use_recovery_code(user, code)):
        raise WrongCode(field="code")
    throttle.forget(what="totp", who=str(user_id))


@transaction.atomic
def turn_off(*, user_id: int, password: str) -> User:
    """Turn one's own two-step sign-in off. Raises SecondStepOff, WrongPassword, TooManyAttempts."""
    user = people.lock_person(user_id)
    credentials.ensure_own_password(password, user, field="password")
    return _clear(user)


@transaction.atomic
def reset_for(*, user_id: int) -> User:
    """Turn two-step sign-in off for a colleague who lost the phone. Raises SecondStepOff, RightsBeyondOwn."""
    return _clear(people.lock_user_to_change(user_id))


def enrolment_address(user: User, *, issuer: str) -> str:
    return pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.get_username(), issuer_name=issuer)


def _clear(user: User) -> User:
    if not user.has_totp:
        raise SecondStepOff
    user.totp_secret = ""
    user.totp_confirmed_at = None
    user.totp_last_step = 0
    user.save(update_fields=["totp_secret", "totp_confirmed_at", "totp_last_step"])
    credentials.burn_tokens(user_id=user.pk, purposes=[_RECOVERY])
    audit.record(action="accounts.second_step_off", subject=f"user:{user.pk}")
    return user


def _matching_step(user: User, code: str, now: datetime) -> int | None:
    """Return the code's 30-second step: the current one, or one before or after, to allow for clock skew."""
    typed = code.replace(" ", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6 and user.totp_secret):
        return None
    totp = pyotp.TOTP(user.totp_secret)
    present = int(now.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if step > user.totp_last_step and hmac.compare_digest(totp.generate_otp(step), typed):
            return step
    return None


def _accept_step(user: User, code: str, now: datetime) -> bool:
    step = _matching_step(user, code, now)
    if step is None:
        return False
    # Of two requests with the same code, one moves the mark forward and the other finds it moved.
    return bool(User.objects.filter(pk=user.pk, totp_last_step__lt=step).update(totp_last_step=step))


def _new_recovery_codes(user: User, now: datetime) -> list[str]:
    codes = [tokens.new_recovery_code() for _index in range(RECOVERY_CODES)]
    OneTimeToken.objects.bulk_create(
        OneTimeToken(user=user, purpose=_RECOVERY, digest=_recovery_digest(user.pk, code), expires_at=now + _FOR_EVER)
        for code in codes
    )
    return codes


def _use_recovery_code(user: User, code: str) -> bool:
    used = OneTimeToken.objects.filter(
        user=user, purpose=_RECOVERY, digest=_recovery_digest(user.pk, code), used_at__isnull=True
    ).update(used_at=clock.now())
    if used:
        audit.record(action="accounts.recovery_code_used", subject=f"user:{user.pk}")
    return bool(used)


def _recovery_digest(user_id: int, code: str) -> str:
    return tokens.digest(f"recovery:{user_id}:{tokens.normalise_recovery_code(code)}")
