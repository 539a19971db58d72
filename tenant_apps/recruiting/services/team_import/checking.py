"""Find faults of a team in a file: duplicates, circles, unknown sponsors, more than the plan allows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext

from tenant_apps.agents.models import Agent, Level
from tenant_apps.agents.states import AgentState, Standing
from tenant_apps.recruiting.services.team_import.reading import Row, Sheet


@dataclass(slots=True)
class Team:
    """A file that can be written: each row's level, and its sponsor as another row or as an agent's id."""

    rows: list[Row]
    levels: dict[int, Level] = field(default_factory=dict)  # row number → level
    sponsor_rows: dict[int, Row] = field(default_factory=dict)  # row number → row
    sponsor_ids: dict[int, int] = field(default_factory=dict)  # row number → agent


def check_team(sheet: Sheet, *, as_of: date) -> Team:
    """Judge the rows against each other and against the agents there are; what is wrong goes to `sheet.issues`.

    A handful of statements, however many rows.
    """
    team = Team(sheet.rows)
    _check_levels(sheet, team)
    _check_doubles(sheet)
    _check_known(sheet)
    _check_sponsors(sheet, team, as_of)
    _check_circles(sheet, team)
    _check_regions(sheet, team)
    sheet.issues.sort(key=lambda issue: issue.row)
    return team


def _check_levels(sheet: Sheet, team: Team) -> None:
    known: dict[str, Level] = {}
    for level in Level.objects.order_by("-rank"):
        known |= {level.code.casefold(): level, level.name.casefold(): level}
    for row in sheet.rows:
        if row.level in known:
            team.levels[row.number] = known[row.level]
        else:
            sheet.refuse(row, "level", "unknown_level", gettext("There is no such level."))


def _check_doubles(sheet: Sheet) -> None:
    for column in ("phone", "code"):
        often = Counter(getattr(row, column) for row in sheet.rows)
        for row in sheet.rows:
            value = getattr(row, column)
            if value and often[value] > 1:
                sheet.refuse(row, column, "twice_in_file", gettext("This stands in the file more than once."))


def _check_known(sheet: Sheet) -> None:
    phones, codes = _agents_like({row.phone for row in sheet.rows}, {row.code for row in sheet.rows if row.code})
    for row in sheet.rows:
        if row.phone in phones:
            sheet.refuse(row, "phone", "agent_exists", gettext("There is an agent with this phone number already."))
        if row.code in codes:
            sheet.refuse(row, "code", "code_taken", gettext("Another agent has this code."))


def _check_sponsors(sheet: Sheet, team: Team, as_of: date) -> None:
    """A sponsor in the file comes before one in the system: the file says what is to be."""
    by_word = {row.phone: row for row in sheet.rows} | {row.code: row for row in sheet.rows if row.code}
    strangers = {row.sponsor for row in sheet.rows if row.sponsor} - by_word.keys()
    phones, codes = _agents_like(strangers, strangers)
    for row in sheet.rows:
        if not row.sponsor:
            continue
        if (above := by_word.get(row.sponsor)) is not None:
            team.sponsor_rows[row.number] = above
            level = team.levels.get(above.number)
            if level is not None and not level.may_recruit:
                _refuse_level(sheet, row)
            continue
        agent = phones.get(row.sponsor) or codes.get(row.sponsor)
        if agent is None:
            detail = gettext("The sponsor stands neither in the file nor among the agents.")
            sheet.refuse(row, "sponsor", "unknown_sponsor", detail)
        elif agent.standing(as_of) != Standing.ACTIVE:
            sheet.refuse(row, "sponsor", "sponsor_not_active", gettext("The sponsor is not an active agent."))
        elif not agent.level.may_recruit:
            _refuse_level(sheet, row)
        else:
            team.sponsor_ids[row.number] = agent.pk


def _refuse_level(sheet: Sheet, row: Row) -> None:
    sheet.refuse(row, "sponsor", "sponsor_may_not_recruit", gettext("The sponsor's level may not have a team."))


def _check_circles(sheet: Sheet, team: Team) -> None:
    """Walk up from every row once; whoever comes back to the walk's own path has found a circle."""
    done: set[int] = set()
    for start in sheet.rows:
        path: dict[int, Row] = {}
        row: Row | None = start
        while row is not None and row.number not in done and row.number not in path:
            path[row.number] = row
            row = team.sponsor_rows.get(row.number)
        if row is not None and row.number in path:
            numbers = list(path)
            _refuse_circle(sheet, [path[number] for number in numbers[numbers.index(row.number) :]])
        done |= path.keys()


def _refuse_circle(sheet: Sheet, circle: list[Row]) -> None:
    words = " → ".join(str(row.number) for row in [*circle, circle[0]][:12])
    for row in circle:
        detail = gettext("The sponsors go round in a circle, by rows: %(rows)s") % {"rows": words}
        sheet.refuse(row, "sponsor", "cycle", detail)


def _check_regions(sheet: Sheet, team: Team) -> None:
    """One agent per region where the level says so. Two regions meet when one's code begins the other's."""
    exclusive = {level.pk for level in team.levels.values() if level.is_exclusive_in_region}
    if not exclusive:
        return
    there = Agent.objects.filter(level_id__in=exclusive, state__in=[AgentState.ACTIVE, AgentState.SUSPENDED])
    held: dict[int, set[str]] = {level_id: set() for level_id in exclusive}
    for level_id, code in there.exclude(region_code="").values_list("level_id", "region_code"):
        held[level_id].add(code)
    for row in sheet.rows:
        level = team.levels.get(row.number)
        if level is None or level.pk not in exclusive or not row.region_code:
            continue
        taken = held[level.pk]
        if any(code.startswith(row.region_code) or row.region_code.startswith(code) for code in taken):
            detail = gettext("The region has an agent of this level already.")
            sheet.refuse(row, "region_code", "region_taken", detail)
        taken.add(row.region_code)


def _agents_like(phones: Iterable[str], codes: Iterable[str]) -> tuple[dict[str, Agent], dict[str, Agent]]:
    """The agents with one of the phones or codes, by each. One statement."""
    found = (
        Agent.objects.select_related("level")
        .defer("id_number", "bank_card")
        .filter(Q(phone__in=set(phones)) | Q(code__in=set(codes)))
        .order_by("id")
    )
    agents = list(found)
    return {agent.phone: agent for agent in agents}, {agent.code: agent for agent in agents}
