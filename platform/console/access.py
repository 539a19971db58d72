"""Check permissions of the person at the screen."""

from collections.abc import Callable, Collection
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext

_READING: Final = frozenset({"GET", "HEAD"})


def may(request: HttpRequest, permission: str) -> bool:
    """Tell whether the signed-in user's role includes the permission; an empty one is nobody's."""
    has_perm: Callable[[str], bool] | None = getattr(request.user, "has_perm", None)
    return bool(permission) and has_perm is not None and has_perm(permission)


def may_read(request: HttpRequest, permission: str) -> bool:
    """The same, for what is only looked at: what the brand's plan no longer includes stays readable."""
    own: Collection[str] = getattr(request.user, "own_permissions", ())
    return may(request, permission) or permission in own


def only_reads(request: HttpRequest) -> bool:
    """Tell whether every form this person sends is refused, whatever it is about: a visitor who may only look."""
    return bool(getattr(request.user, "only_reads", False))


def ensure_may(request: HttpRequest, permission: str) -> None:
    """Raises PermissionDenied naming the permission that is missing from the role, or that the plan withholds."""
    if may(request, permission) or (request.method in _READING and may_read(request, permission)):
        return
    if may_read(request, permission):
        raise PermissionDenied(gettext("The brand's plan does not include this. A larger plan does."))
    raise PermissionDenied(gettext("Your role does not include “%(permission)s”.") % {"permission": permission})
