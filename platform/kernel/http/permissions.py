"""Require permissions of API callers."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import DomainError, Forbidden, Unauthenticated
from kernel.tenancy.actors import ANONYMOUS, Actor, set_current_actor

READING: Final = frozenset({"GET", "HEAD"})

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


class PermissionMissing(Forbidden):
    code = "permission_missing"
    title = _("Not allowed")


def actor_of(request: HttpRequest) -> Actor:
    return cast(Actor, getattr(request, "actor", ANONYMOUS))


PlanRefusal = Callable[[str], DomainError]
_plan_refusal: PlanRefusal | None = None


def register_plan_refusal(refusal: PlanRefusal) -> None:
    """Set the error raised when a role has a permission whose feature the brand's plan lacks."""
    global _plan_refusal
    _plan_refusal = refusal


def ensure_may(actor: Actor, permission: str, *, reading: bool = False) -> None:
    """Raise Unauthenticated, the plan's refusal or PermissionMissing unless the actor has the permission.

    Reading stays allowed when the role has the permission but the plan no longer includes it.
    """
    if actor.may(permission):
        return
    if actor == ANONYMOUS:
        raise Unauthenticated
    if feature := dict(actor.withheld).get(permission):
        if reading:
            return
        if _plan_refusal is not None:
            raise _plan_refusal(feature)
    raise PermissionMissing(
        gettext("This needs the permission “%(permission)s”.") % {"permission": permission}, permission=permission
    )


def requires(permission: str) -> Callable[[Callable[P, ResultT]], Callable[P, ResultT]]:
    """Require a permission (`orders.ship`) of the caller of a Ninja operation. Goes below `@router.post(…)`.

    The wrapper carries `required_permission`, so that a test can check all operations.
    """

    def decorate(view: Callable[P, ResultT]) -> Callable[P, ResultT]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> ResultT:
            request = cast(HttpRequest, args[0])
            actor = actor_of(request)
            ensure_may(actor, permission, reading=request.method in READING)
            set_current_actor(actor)
            return view(*args, **kwargs)

        wrapper: Any = checked
        wrapper.required_permission = permission
        # Resolved here, where the view's own names are known: Ninja would look them up in this module.
        wrapper.__signature__ = inspect.signature(view, eval_str=True)
        return checked

    return decorate


def requires_one_of(
    permissions: Callable[[], frozenset[str]],
) -> Callable[[Callable[P, ResultT]], Callable[P, ResultT]]:
    """Require any of the permissions; the view checks the one that its object needs.

    The wrapper carries `required_permissions`, a function, since apps add theirs in `ready()`.
    """

    def decorate(view: Callable[P, ResultT]) -> Callable[P, ResultT]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> ResultT:
            request = cast(HttpRequest, args[0])
            actor = actor_of(request)
            wanted = sorted(permissions())
            held = [permission for permission in wanted if actor.may(permission)]
            withheld = [permission for permission in wanted if permission in dict(actor.withheld)]
            ensure_may(actor, (held or withheld or wanted)[0], reading=request.method in READING)
            set_current_actor(actor)
            return view(*args, **kwargs)

        wrapper: Any = checked
        wrapper.required_permissions = permissions
        wrapper.__signature__ = inspect.signature(view, eval_str=True)
        return checked

    return decorate
