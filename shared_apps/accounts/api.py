"""API of people and API keys."""

from typing import Annotated, cast

from django.http import HttpRequest
from ninja import Path, Query, Router, Status

from kernel.http.pagination import paginate
from kernel.http.permissions import actor_of, requires
from kernel.http.schemas import Page
from kernel.tenancy.context import current_brand
from shared_apps.accounts import selectors
from shared_apps.accounts.models import ApiKey, User
from shared_apps.accounts.schemas import (
    ApiKeyIn,
    ApiKeyOut,
    InvitedUserOut,
    MeOut,
    NewApiKeyOut,
    RoleIn,
    UserChangeIn,
    UserIn,
    UserOut,
)
from shared_apps.accounts.services import api_keys, invitations, people, users

router = Router(tags=["accounts"])

RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100, description="rows on a page")]


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


@router.get("/me", response=MeOut, summary="Get the caller")
def read_me(request: HttpRequest) -> dict[str, object]:
    """Return the authenticated person or API key and its permissions."""
    actor = actor_of(request)
    return {
        "kind": actor.kind,
        "id": actor.id,
        "name": actor.label,
        "role": actor.role,
        "permissions": sorted(actor.permissions),
        "brand": str(getattr(current_brand(), "name", "")),
    }


@router.get("/users", response=Page[UserOut], summary="List people")
@requires("accounts.manage")
def list_users(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, object]:
    """List everybody who signs in to this brand, oldest first."""
    rows, next_cursor = paginate(selectors.list_users(), cursor=cursor, limit=limit, order=("id",))
    return {"items": rows, "next_cursor": next_cursor}


@router.post("/users", response={201: InvitedUserOut}, summary="Add a person")
@requires("accounts.manage")
def create_user(request: HttpRequest, payload: UserIn) -> Status[dict[str, object]]:
    """Sends an invitation, by which they set a password. The role cannot include permissions that the caller lacks."""
    user = users.create_user(**payload.model_dump())
    link = invitations.invite(user_id=user.pk, origin=_origin(request))
    return Status(201, {"user": user, "invitation_url": link})


@router.post("/users/{user_id}/invite", response=InvitedUserOut, summary="Invite a person")
@requires("accounts.manage")
def invite_user(request: HttpRequest, user_id: RowId) -> dict[str, object]:
    """By e-mail, else by a link to hand over: it sets a password once, within 7 days. Earlier links end."""
    link = invitations.invite(user_id=user_id, origin=_origin(request))
    return {"user": selectors.list_users().get(pk=user_id), "invitation_url": link}


@router.post("/users/{user_id}/revoke-invitation", response=UserOut, summary="Revoke a person's invitation")
@requires("accounts.manage")
def revoke_invitation(request: HttpRequest, user_id: RowId) -> User:
    """Links that were sent open nothing any more. Again is harmless."""
    return invitations.revoke_invitation(user_id=user_id)


@router.get("/users/{user_id}", response=UserOut, summary="Get a person")
@requires("accounts.manage")
def read_user(request: HttpRequest, user_id: RowId) -> User:
    user = selectors.list_users().filter(pk=user_id).first()
    if user is None:
        raise people.UserNotFound
    return user


@router.patch("/users/{user_id}", response=UserOut, summary="Change a person")
@requires("accounts.manage")
def change_user(request: HttpRequest, user_id: RowId, payload: UserChangeIn) -> User:
    """Change name, addresses and language. A changed e-mail address must be confirmed again."""
    changes = cast(users.UserChanges, payload.model_dump(exclude_unset=True))
    return users.change_user(user_id=user_id, changes=changes)


@router.post("/users/{user_id}/role", response=UserOut, summary="Change a person's role")
@requires("accounts.manage")
def change_role(request: HttpRequest, user_id: RowId, payload: RoleIn) -> User:
    """Takes effect at once, for open sessions too. The last owner's role cannot be changed."""
    return users.change_role(user_id=user_id, role=payload.role)


@router.post("/users/{user_id}/deactivate", response=UserOut, summary="Deactivate a person")
@requires("accounts.manage")
def deactivate_user(request: HttpRequest, user_id: RowId) -> User:
    """Ends open sessions at once. The last owner cannot be deactivated."""
    return users.deactivate_user(user_id=user_id)


@router.post("/users/{user_id}/reactivate", response=UserOut, summary="Reactivate a person")
@requires("accounts.manage")
def reactivate_user(request: HttpRequest, user_id: RowId) -> User:
    """Role and password are unchanged."""
    return users.reactivate_user(user_id=user_id)


@router.get("/api-keys", response=Page[ApiKeyOut], summary="List API keys")
@requires("accounts.manage")
def list_api_keys(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> dict[str, object]:
    """List all keys, newest first, revoked ones included. Secrets are not stored and cannot be shown."""
    rows, next_cursor = paginate(selectors.list_api_keys(), cursor=cursor, limit=limit)
    return {"items": rows, "next_cursor": next_cursor}


@router.post("/api-keys", response={201: NewApiKeyOut}, summary="Create an API key")
@requires("accounts.manage")
def issue_api_key(request: HttpRequest, payload: ApiKeyIn) -> Status[dict[str, object]]:
    """The secret is returned only once, in this response."""
    actor = actor_of(request)
    creator = selectors.get_user(user_id=actor.id) if actor.kind == "user" and actor.id is not None else None
    key, secret = api_keys.issue_api_key(**payload.model_dump(), created_by=creator)
    return Status(201, {"api_key": key, "secret": secret})


@router.post("/api-keys/{key_id}/revoke", response=ApiKeyOut, summary="Revoke an API key")
@requires("accounts.manage")
def revoke_api_key(request: HttpRequest, key_id: RowId) -> ApiKey:
    """Refuse the key from the next request on. Repeating the call has no effect."""
    return api_keys.revoke_api_key(key_id=key_id)
