"""Write a checked team."""

from collections.abc import Iterator
from datetime import datetime

from tenant_apps.agents.services.bulk_enrol import NewAgent, enrol_many
from tenant_apps.recruiting.services.import_team.checking import Team, TeamRow


def write_team(team: Team, *, now: datetime) -> list[int]:
    """Make all agents of the file; returns their ids. Needs a transaction and the tree's lock.

    Raises QuotaExceeded, RegionTaken.
    """
    rows = list(_sponsors_first(team))
    places = {row.number: place for place, row in enumerate(rows)}
    return enrol_many([_newcomer(row, team, places) for row in rows], now=now)


def _sponsors_first(team: Team) -> Iterator[TeamRow]:
    """Each row after its sponsor's: a foreign key is looked at with every batch."""
    done: set[int] = set()
    for start in team.rows:
        chain: list[TeamRow] = []
        row: TeamRow | None = start
        while row is not None and row.number not in done:
            chain.append(row)
            done.add(row.number)
            row = team.sponsor_rows.get(row.number)
        yield from reversed(chain)


def _newcomer(row: TeamRow, team: Team, places: dict[int, int]) -> NewAgent:
    above = team.sponsor_rows.get(row.number)
    return NewAgent(
        name=row.name,
        phone=row.phone,
        level=team.levels[row.number],
        sponsor_place=places[above.number] if above else None,
        sponsor_id=team.sponsor_ids.get(row.number),
        code=row.code,
        wechat_id=row.wechat_id,
        region_code=row.region_code,
        region=row.region,
        channel=row.channel,
        joined_on=row.joined_on,
        valid_until=row.valid_until,
    )
