"""Store due work in Redis: brand, kind and due time.

Three sorted sets hold members `schema kind`, scored in seconds since the epoch:

* `at`: work that is due at that time.
* `queued`: a message was sent; the score is when it counts as lost.
* `running`: a worker holds a lease; the score is its expiry. Parallel runs carry a token.

Overdue members of `queued` and `running` return to `at`; the sweep restores entries that Redis lost. Functions raise
`counters.Unreachable` while Redis does not answer.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from redis.exceptions import ResponseError

from kernel.core import counters

MESSAGE_LOST_AFTER: Final = 600  # seconds a message may wait in its queue before it is sent again
SWEEP_LOST_AFTER: Final = 900

# At most one message is under way for a member: whoever comes meanwhile is served by it.
_PROMISE: Final = """
local until_ = redis.call('ZSCORE', KEYS[2], ARGV[1])
if until_ and tonumber(until_) > tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return 1
"""
_CLAIM: Final = """
local now, lost_at, limit = ARGV[1], ARGV[2], ARGV[3]
for _, key in ipairs({KEYS[2], KEYS[3]}) do
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, limit)) do
    redis.call('ZREM', key, member)
    redis.call('ZADD', KEYS[1], 'LT', now, (string.gsub(member, '#.*', '')))
  end
end
local claimed = {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, limit)) do
  redis.call('ZREM', KEYS[1], member)
  if not redis.call('ZSCORE', KEYS[2], member) then
    redis.call('ZADD', KEYS[2], lost_at, member)
    claimed[#claimed + 1] = member
  end
end
return claimed
"""
_BEGIN: Final = """
redis.call('ZREM', KEYS[2], ARGV[1])
local until_ = redis.call('ZSCORE', KEYS[3], ARGV[2])
if until_ and tonumber(until_) > tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[2])
return 1
"""
_ADD_MISSING: Final = """
local added = 0
for position = 1, #ARGV, 2 do
  local member, known = ARGV[position], false
  for _, key in ipairs(KEYS) do known = known or redis.call('ZSCORE', key, member) end
  if not known then added = added + redis.call('ZADD', KEYS[1], ARGV[position + 1], member) end
end
return added
"""


class Entry(NamedTuple):
    """Work of one kind in one schema."""

    kind: str
    schema: str

    @property
    def member(self) -> str:
        """The entry as a member of the sorted sets."""
        return f"{self.schema} {self.kind}"


def _key(name: str) -> str:
    return counters.key_for(f"{{due}}:{name}", schema="")


def _keys() -> list[str]:
    return [_key("at"), _key("queued"), _key("running")]


def _run(script: str, *arguments: Any) -> Any:
    return counters.client().eval(script, 3, *_keys(), *arguments)


def add(entries: Mapping[Entry, float]) -> None:
    """Add entries with their due second. An earlier due time stays."""
    if entries:
        due = {entry.member: at for entry, at in entries.items()}
        counters.client().zadd(_key("at"), due, lt=True)


def add_missing(entries: Mapping[Entry, float]) -> int:
    if not entries:
        return 0
    return int(_run(_ADD_MISSING, *(part for entry, at in entries.items() for part in (entry.member, at))))


def promise(entry: Entry, *, now: float) -> bool:
    """Mark a message as about to be sent. Return False if one is queued already, which will do the work."""
    return bool(_run(_PROMISE, entry.member, now, now + MESSAGE_LOST_AFTER))


def hand_back(entries: Sequence[Entry], *, now: float) -> None:
    """Make promised entries due again: their message was not sent, or its worker ran out of time."""
    if entries:
        counters.client().zrem(_key("queued"), *(entry.member for entry in entries))
        add(dict.fromkeys(entries, now))


def claim(*, now: float, limit: int = 1_000) -> list[Entry]:
    """Take due entries, oldest first, and promise a message for each. Safe for concurrent callers."""
    found = _run(_CLAIM, now, now + MESSAGE_LOST_AFTER, limit)
    entries = (member.decode().split(" ", 1) for member in found)
    return [Entry(kind, schema) for schema, kind in entries]


def begin(entry: Entry, *, now: float, seconds: float, alone: bool) -> str | None:
    """Lease the entry for `seconds`; None if it must run `alone` and another worker has it."""
    lease = entry.member if alone else f"{entry.member}#{secrets.token_hex(6)}"
    return lease if _run(_BEGIN, entry.member, lease, now, now + seconds) else None


def finish(lease: str) -> None:
    counters.client().zrem(_key("running"), lease)


def begin_sweep(run: str) -> bool:
    """Lease the sweep to this run. Return False while another one has it."""
    return bool(counters.client().set(_key("sweep"), run, nx=True, ex=SWEEP_LOST_AFTER))


def continue_sweep(run: str) -> bool:
    """Renew the lease. Return False if another run has it."""
    client = counters.client()
    if client.get(_key("sweep")) != run.encode():
        return False
    client.expire(_key("sweep"), SWEEP_LOST_AFTER)
    return True


def end_sweep() -> None:
    counters.client().delete(_key("sweep"))


def server_id() -> str:
    """Return an id that changes whenever Redis restarts and may have lost data."""
    try:
        return str(counters.client().info("server").get("run_id", ""))
    except ResponseError:  # some hosted servers refuse INFO: then only an empty Redis is noticed
        return "unknown"


def is_complete(server: str) -> bool:
    return bool(counters.client().get(_key("complete")) == server.encode())


def mark_complete(server: str) -> None:
    counters.client().set(_key("complete"), server)
