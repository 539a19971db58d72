"""Whether the person at the screen may do something, by the words of the permission vocabulary."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _


def may(request: HttpRequest, permission: str) -> bool:
    """Whether the signed-in user's role includes the permission; an empty one is nobody's."""
    has_perm: Callable[[str], bool] | None = getattr(request.user, "has_perm", None)
    return bool(permission) and has_perm is not None and has_perm(permission)


def ensure_may(request: HttpRequest, permission: str) -> None:
    """Raises PermissionDenied naming the permission that is missing."""
    if not may(request, permission):
        raise PermissionDenied(_("Your role does not include “%(permission)s”.") % {"permission": permission})
