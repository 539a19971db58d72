"""A stand-in's own time: it stands still until it is advanced, or runs ahead of the wall clock."""

from __future__ import annotations

import time

from sandbox.core.errors import RefusalError
from sandbox.core.store import Session, Store

FROZEN = "frozen"  # the moment at which time stands
OFFSET = "offset"  # seconds that running time is ahead
CAUGHT_UP_TO = "caught_up_to"  # everything due before this moment has happened


class Clock:
    """Seconds since 1970, kept in the store."""

    def __init__(self, store: Store, *, frozen_at: int | None = None) -> None:
        """With `frozen_at` time stands still at that moment; without it, it runs."""
        with store.transaction() as session:
            session.set_fact(FROZEN, frozen_at)
            if session.fact(CAUGHT_UP_TO) is None:
                session.set_fact(CAUGHT_UP_TO, self.now(session))

    def now(self, session: Session) -> int:
        """The present moment."""
        frozen = session.fact(FROZEN)
        return int(frozen) if frozen is not None else int(time.time()) + int(session.fact(OFFSET, 0))

    def advance(self, session: Session, *, to: int | None = None, seconds: int = 0) -> int:
        """Let time pass; returns the new moment. Raises RefusalError for one before the present."""
        now = self.now(session)
        target = to if to is not None else now + seconds
        if target < now:
            raise RefusalError(400, "Time does not go back.")
        if session.fact(FROZEN) is not None:
            session.set_fact(FROZEN, target)
        else:
            session.set_fact(OFFSET, int(session.fact(OFFSET, 0)) + target - now)
        return target

    def due_since(self, session: Session) -> int:
        """The moment up to which everything has happened; everything up to now counts as happened afterwards."""
        since = int(session.fact(CAUGHT_UP_TO))
        session.set_fact(CAUGHT_UP_TO, max(since, self.now(session)))
        return since
