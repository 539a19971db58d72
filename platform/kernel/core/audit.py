"""The audit log: actor, act, values before and after, origin. Append-only, in the brand's own schema."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, is_dataclass
from typing import Any

import orjson
from django.db import connection

from kernel.core import clock
from kernel.tenancy.actors import current_actor
from kernel.tenancy.origin import current_origin

# Written in SQL because it runs inside every important service: one statement, no model instance.
_INSERT = """
INSERT INTO kernel_auditrecord
    (occurred_at, actor_kind, actor_id, actor_label, action, subject, before, after, ip_address, request_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def _plain(value: object) -> Any:
    """Convert values that orjson cannot: Decimals and others to text, sets sorted, dataclasses to objects."""
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def _json(values: Mapping[str, object] | None) -> str | None:
    if values is None:
        return None
    return orjson.dumps(values, default=_plain, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z).decode()


_reason: ContextVar[str] = ContextVar("kernel_audit_reason", default="")


@contextmanager
def because(reason: str) -> Iterator[None]:
    token = _reason.set(reason)
    try:
        yield
    finally:
        _reason.reset(token)


def _with_reason(after: Mapping[str, object] | None) -> Mapping[str, object] | None:
    reason = _reason.get()
    return {"reason": reason, **(after or {})} if reason else after


def record(
    *,
    action: str,
    subject: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Append one record for the current actor and origin: `record(action="orders.ship", subject="order:42", …)`.

    `subject` is `<thing>:<id>`. One statement, in the caller's transaction. Callers mask personal data in `before` and
    `after` themselves (kernel.privacy.masking).
    """
    actor = current_actor()
    origin = current_origin()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                clock.now(),
                actor.kind,
                actor.id,
                actor.label[:200],
                action,
                subject[:200],
                _json(before),
                _json(_with_reason(after)),
                origin.ip_address,
                origin.request_id,
            ],
        )


_INSERT_MANY = """
INSERT INTO kernel_auditrecord
    (occurred_at, actor_kind, actor_id, actor_label, action, subject, before, after, ip_address, request_id)
SELECT %s, %s, %s, %s, %s, one.subject, one.before, one.after, %s, %s
FROM unnest(%s::varchar[], %s::jsonb[], %s::jsonb[]) AS one (subject, before, after)
"""


def record_many(
    *, action: str, records: Sequence[tuple[str, Mapping[str, object] | None, Mapping[str, object] | None]]
) -> None:
    """Record the same act on many subjects, each `(subject, before, after)`, in one statement."""
    if not records:
        return
    actor = current_actor()
    origin = current_origin()
    subjects = [subject[:200] for subject, _before, _after in records]
    befores = [_json(before) for _subject, before, _after in records]
    afters = [_json(_with_reason(after)) for _subject, _before, after in records]
    head = [clock.now(), actor.kind, actor.id, actor.label[:200], action, origin.ip_address, origin.request_id]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_MANY, [*head, subjects, befores, afters])
