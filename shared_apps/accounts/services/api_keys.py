"""Issue, revoke and use API keys."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import audit, clock
from kernel.core.errors import Invalid, NotFound
from kernel.tenancy.actors import Actor
from shared_apps.accounts import selectors
from shared_apps.accounts.models import ApiKey, User
from shared_apps.accounts.rules import rights, tokens
from shared_apps.accounts.services import cleaning, people
from shared_apps.accounts.services.endings import ends_with_person

LAST_USED_EVERY: Final = timedelta(minutes=1)


class ApiKeyNotFound(NotFound):
    code = "api_key_not_found"
    title = _("There is no such API key")


@transaction.atomic
def issue_api_key(
    *,
    name: str,
    role: str,
    permissions: Iterable[str] | None = None,
    created_by: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create a key and return it with its plaintext, which is not stored.

    Without `permissions` it may do what its role may; with them, only those; never more than `created_by` may when it
    is used. A `service` key has no others, so it needs them. Raises Invalid (naming the field), RightsBeyondOwn,
    FeatureNotInPlan.
    """
    people.ensure_keys_in_plan()
    role = cleaning.clean_key_role(role)
    scopes = cleaning.clean_scopes(role, permissions)
    people.ensure_within_own(rights.permissions_of_key(role, scopes))
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid(_("The key would have expired already."), field="expires_at")
    plaintext = tokens.new_api_key()
    key = ApiKey.objects.create(
        name=cleaning.clean_name(name),
        prefix=plaintext[:12],
        digest=tokens.digest(plaintext),
        role=role,
        permissions=scopes,
        created_by=created_by,
        expires_at=expires_at,
    )
    audit.record(
        action="accounts.api_key_issued",
        subject=f"api_key:{key.pk}",
        after={"name": key.name, "role": role, "permissions": scopes, "expires_at": expires_at},
    )
    return key, plaintext


@transaction.atomic
def revoke_api_key(*, key_id: int) -> ApiKey:
    """Refuse the key from the next request on, permanently. Raises ApiKeyNotFound, RightsBeyondOwn."""
    key = ApiKey.objects.select_for_update(no_key=True).filter(pk=key_id).first()
    if key is None:
        raise ApiKeyNotFound
    people.ensure_within_own(rights.permissions_of_key(key.role, key.permissions))
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
        audit.record(action="accounts.api_key_revoked", subject=f"api_key:{key.pk}")
    return key


@ends_with_person("api_keys")
def revoke_keys_of(user_id: int, now: datetime) -> int:
    return ApiKey.objects.filter(created_by_id=user_id, revoked_at__isnull=True).update(revoked_at=now)


def use_api_key(plaintext: str, *, now: datetime) -> Actor | None:
    """Return the actor of a key and record its use at most once a minute; None for an invalid key.

    Skips the record when another request has locked the key's row. Raises FeatureNotInPlan for a valid key of a brand
    whose plan has no API.
    """
    key = selectors.get_usable_key(plaintext, now=now)
    if key is None:
        return None
    people.ensure_keys_in_plan()
    if key.last_used_at is None or now - key.last_used_at >= LAST_USED_EVERY:
        with transaction.atomic():
            free = ApiKey.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=key.pk)
            ApiKey.objects.filter(pk__in=free.values("pk")).update(last_used_at=now)
    return selectors.actor_for_key(key)
