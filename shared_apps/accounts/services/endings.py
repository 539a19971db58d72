"""End what a person has open elsewhere when the person, or the right to it, goes.

A session, a link, a key or a consent that somebody gave must not outlive them. Apps register how their own kind is
ended; it happens in the transaction of the change.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from kernel.core import clock
from shared_apps.accounts.models import User
from shared_apps.accounts.services import credentials

End = Callable[[int, datetime], int]


@dataclass(frozen=True, slots=True)
class Grant:
    """A kind of thing a person has given or keeps; `needs` is the permission without which nobody may."""

    end: End
    needs: str | None


_grants: Final[dict[str, Grant]] = {}
GRANTS: Final[Mapping[str, Grant]] = MappingProxyType(_grants)


def ends_with_person(name: str, *, needs: str | None = None) -> Callable[[End], End]:
    """Register a function `(user_id, now) -> count` that ends all of this kind a person of this schema has open.

    Called at deactivation and, with `needs`, when a change of role takes that permission away.
    """

    def register(end: End) -> End:
        if name in _grants and _grants[name].end is not end:
            raise ValueError(f"{name} are ended twice")
        _grants[name] = Grant(end, needs)
        return end

    return register


def end_everything(user: User) -> dict[str, int]:
    """End sessions, links and all that is registered, of somebody who goes; returns how many of what, for the log.

    The person's row is locked by the caller.
    """
    end_sessions(user)
    now = clock.now()
    ended = {name: grant.end(user.pk, now) for name, grant in sorted(GRANTS.items())}
    return {name: count for name, count in ended.items() if count}


def end_what_needs(user: User, lost: frozenset[str]) -> dict[str, int]:
    """End what the person could open by permissions that are lost now; returns how many of what."""
    now = clock.now()
    ended = {name: grant.end(user.pk, now) for name, grant in sorted(GRANTS.items()) if grant.needs in lost}
    return {name: count for name, count in ended.items() if count}


def end_sessions(user: User) -> None:
    """End all sessions and unused links of this person, for good: they do not revive with the person."""
    user.sessions_ended_at = clock.now()
    user.save(update_fields=["sessions_ended_at"])
    credentials.burn_links(user_id=user.pk)
