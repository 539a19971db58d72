"""Check a team from a file: nobody twice, below himself or below a stranger, no region held twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext

from kernel.core.errors import Text
from tenant_apps.agents.selectors.agents import Level, list_levels
from tenant_apps.agents.selectors.lookup import get_held_regions, list_named
from tenant_apps.agents.states import AgentStatus


@dataclass(slots=True)
class TeamRow:
    """An agent as the file tells it. `sponsor` is a phone number (E.164) or a code, "" for a root."""

    number: int
    name: str = ""
    phone: str = ""
    level: str = ""
    sponsor: str = ""
    code: str = ""
    wechat_id: str = ""
    region_code: str = ""
    region: str = ""
    channel: str = ""
    joined_on: date | None = None
    valid_until: date | None = None


@dataclass(slots=True)
class Team:
    """A file that can be written: each row's level, and its sponsor as another row or as an agent's id."""

    rows: list[TeamRow]
    refuse_at: Callable[[int, str, str, str], None]  # row number, column, code, sentence
    levels: dict[int, Level] = field(default_factory=dict)  # row number → level
    sponsor_rows: dict[int, TeamRow] = field(default_factory=dict)  # row number → row
    sponsor_ids: dict[int, int] = field(default_factory=dict)  # row number → agent

    def refuse(self, row: TeamRow, column: str, code: str, detail: Text) -> None:
        """Note what is wrong with a row."""
        self.refuse_at(row.number, column, code, str(detail))


def check_team(team: Team, *, as_of: date) -> None:
    """Judge the rows against each other and against the agents there are. A handful of statements for any number."""
    _check_levels(team)
    _check_doubles(team)
    _check_known(team)
    _check_sponsors(team, as_of)
    _check_circles(team)
    _check_regions(team)


def _check_levels(team: Team) -> None:
    known: dict[str, Level] = {}
    for level in list_levels().reverse():
        known |= {level.code.casefold(): level, level.name.casefold(): level}
    for row in team.rows:
        if row.level in known:
            team.levels[row.number] = known[row.level]
        else:
            team.refuse(row, "level", "unknown_level", gettext("There is no such level."))


def _check_doubles(team: Team) -> None:
    for column in ("phone", "code"):
        often = Counter(getattr(row, column) for row in team.rows)
        for row in team.rows:
            value = getattr(row, column)
            if value and often[value] > 1:
                team.refuse(row, column, "twice_in_file", gettext("This stands in the file more than once."))


def _check_known(team: Team) -> None:
    known = list_named(phones=[row.phone for row in team.rows], codes=[row.code for row in team.rows if row.code])
    phones = {agent.phone for agent in known}
    codes = {agent.code for agent in known}
    for row in team.rows:
        if row.phone in phones:
            team.refuse(row, "phone", "agent_exists", gettext("There is an agent with this phone number already."))
        if row.code in codes:
            team.refuse(row, "code", "code_taken", gettext("Another agent has this code."))


def _check_sponsors(team: Team, as_of: date) -> None:
    """A sponsor in the file comes before one in the system: the file says what is to be."""
    by_word = {row.phone: row for row in team.rows} | {row.code: row for row in team.rows if row.code}
    strangers = {row.sponsor for row in team.rows if row.sponsor} - by_word.keys()
    found = list_named(phones=strangers, codes=strangers)
    agents = {agent.code: agent for agent in found} | {agent.phone: agent for agent in found}
    for row in team.rows:
        if not row.sponsor:
            continue
        if (above := by_word.get(row.sponsor)) is not None:
            team.sponsor_rows[row.number] = above
            level = team.levels.get(above.number)
            if level is not None and not level.may_recruit:
                _refuse_level(team, row)
            continue
        agent = agents.get(row.sponsor)
        if agent is None:
            detail = gettext("The sponsor stands neither in the file nor among the agents.")
            team.refuse(row, "sponsor", "unknown_sponsor", detail)
        elif agent.status(as_of) != AgentStatus.ACTIVE:
            team.refuse(row, "sponsor", "sponsor_not_active", gettext("The sponsor is not an active agent."))
        elif not agent.level.may_recruit:
            _refuse_level(team, row)
        else:
            team.sponsor_ids[row.number] = agent.pk


def _refuse_level(team: Team, row: TeamRow) -> None:
    team.refuse(row, "sponsor", "sponsor_may_not_recruit", gettext("The sponsor's level may not have a team."))


def _check_circles(team: Team) -> None:
    """Walk up from every row once; whoever comes back to the walk's own path has found a circle."""
    done: set[int] = set()
    for start in team.rows:
        path: dict[int, TeamRow] = {}
        row: TeamRow | None = start
        while row is not None and row.number not in done and row.number not in path:
            path[row.number] = row
            row = team.sponsor_rows.get(row.number)
        if row is not None and row.number in path:
            numbers = list(path)
            _refuse_circle(team, [path[number] for number in numbers[numbers.index(row.number) :]])
        done |= path.keys()


def _refuse_circle(team: Team, circle: list[TeamRow]) -> None:
    words = " → ".join(str(row.number) for row in [*circle, circle[0]][:12])
    for row in circle:
        detail = gettext("The sponsors go round in a circle, by rows: %(rows)s") % {"rows": words}
        team.refuse(row, "sponsor", "cycle", detail)


def _check_regions(team: Team) -> None:
    """One agent per region where the level says so. Two regions meet when one's code begins the other's."""
    exclusive = {level.pk for level in team.levels.values() if level.is_exclusive_in_region}
    if not exclusive:
        return
    held = get_held_regions(level_ids=exclusive)
    for row in team.rows:
        level = team.levels.get(row.number)
        if level is None or level.pk not in exclusive or not row.region_code:
            continue
        taken = held[level.pk]
        if any(code.startswith(row.region_code) or row.region_code.startswith(code) for code in taken):
            detail = gettext("The region has an agent of this level already.")
            team.refuse(row, "region_code", "region_taken", detail)
        taken.add(row.region_code)
