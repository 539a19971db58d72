"""Boxes of an agent's page about results: the level and what is missing, the team, sales over time."""

from datetime import timedelta
from decimal import Decimal

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.dashboard import Series, chart
from console.history import name_actor
from console.money import format_money
from console.panels import Chart, Fact, Panel, Row, facts, written
from kernel.core import clock
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import levels as level_reads
from tenant_apps.agents.selectors import tree
from tenant_apps.ranks.rules import periods
from tenant_apps.ranks.selectors import outlook, results, team
from tenant_apps.ranks.selectors.outlook import Outlook
from tenant_apps.ranks.states import Measure, Period

SHOWN = 8
_MONEY_OF_FIGURES = {"sales": "net_sales", "threshold": "threshold"}
MONTHS = 12
WEEKS = 26


def level_of_agent(request: HttpRequest, agent_id: int) -> Panel:
    """Show the agent's level, what is missing, and every step so far with the figures of that moment."""
    now = clock.now()
    agent = selectors.get_agent(agent_id=agent_id)
    rows = [
        Row(title=missing_text(one), note=_outlook_note(one), side=format_money(one.net_sales))
        for one in outlook.get_outlook(agent_id=agent.pk, now=now)
    ]
    rows += [_step(change) for change in level_reads.list_level_changes(agent_id=agent.pk)[:SHOWN]]
    return Panel(
        key="level",
        title=_("Level"),
        icon="military_tech",
        acting=("set_level",),
        facts=facts(
            [
                (_("Level"), agent.level.name),
                (_("Since"), agent.level_since),
                (_("Fixed until"), agent.level_locked_until),
            ]
        ),
        rows=rows,
    )


def missing_text(one: Outlook) -> str:
    """“X more until DATE to keep or to reach”."""
    words = {"missing": format_money(one.missing), "until": written(one.until), "level": one.level_name}
    if not one.missing:
        sentence = (
            gettext("Enough to keep “%(level)s”") if one.aim == "keep" else gettext("Enough to reach “%(level)s”")
        )
    elif one.aim == "keep":
        sentence = gettext("%(missing)s more until %(until)s to keep “%(level)s”")
    else:
        sentence = gettext("%(missing)s more until %(until)s to reach “%(level)s”")
    return sentence % words


def _outlook_note(one: Outlook) -> str:
    parts = [str(Measure(one.measure).label), f"{written(one.since)} – {written(one.until)}"]
    if one.in_grace:
        parts.append(gettext("grace is running"))
    if one.fixed_until:
        parts.append(gettext("fixed by hand until %(day)s") % {"day": written(one.fixed_until)})
    return " · ".join(parts)


def _step(change: level_reads.LevelChange) -> Row:
    title = f"{change.from_level.name} → {change.to_level.name}" if change.from_level else change.to_level.name
    note = [str(change.get_cause_display()), change.reason, _figures(change), str(name_actor(change.changed_by))]
    return Row(title=title, note=" · ".join(part for part in note if part), side=written(change.changed_at))


def _figures(change: level_reads.LevelChange) -> str:
    seen = change.figures
    if not seen.get("net_sales"):
        return ""
    words = {name: format_money(Decimal(seen.get(key) or 0)) for name, key in _MONEY_OF_FIGURES.items()}
    period = str(Period(seen["period"]).label) if seen.get("period") in Period.values else ""
    return f"{period} {gettext('%(sales)s against %(threshold)s') % words}".strip()


def team_of_agent(request: HttpRequest, agent_id: int) -> Panel:
    """Show the size of the team, its sales this month, and the upline."""
    agent = selectors.get_agent(agent_id=agent_id)
    span = periods.running(clock.business_date(clock.now()), period=Period.MONTH, rolling_days=None)
    row = team.get_team_rows(agents=[agent], since=span.since, until=span.until)[0]
    above = tree.get_ancestors(agent_id=agent.pk)
    shown = [
        Fact(_("Direct team"), str(row.child_count)),
        Fact(_("Whole team"), str(row.team_size)),
        Fact(_("Own sales, this month"), format_money(row.own.net)),
        Fact(_("Team sales, this month"), format_money(row.team.net)),
        Fact(_("Tier"), str(len(above) + 1)),
    ]
    if above:
        sponsor = above[0]
        page = reverse("brand:agents_agent_change", args=[sponsor.agent_id])
        shown.append(Fact(_("Sponsor"), f"{sponsor.code} {sponsor.name}", page))
    rows = [
        Row(
            title=str(step.sponsor) if step.sponsor else _("At the top"),
            note=f"{written(step.valid_from)} – {written(step.valid_to) if step.valid_to else gettext('today')}",
        )
        for step in selectors.list_sponsor_history(agent_id=agent.pk)[:SHOWN]
    ]
    return Panel(
        key="team",
        title=_("Team"),
        icon="account_tree",
        acting=("move",),
        facts=shown,
        rows=rows if len(rows) > 1 else None,
        more=f"{reverse('ranks:team')}?focus={agent.pk}",
    )


def months_chart(request: HttpRequest, agent_id: int) -> Chart:
    """Own net sales, a column a month."""
    today = clock.business_date(clock.now())
    first = periods.add_months(today.replace(day=1), 1 - MONTHS)
    points = results.get_series(agent_id=agent_id, since=first, until=today + timedelta(days=1), step="month")
    labels = [date_format(point.since, "YEAR_MONTH_FORMAT") for point in points]
    data = chart(labels, [Series(_("Own net sales"), [point.sales.net for point in points])])
    return Chart(_("Own sales by month"), data)


def weeks_chart(request: HttpRequest, agent_id: int) -> Chart:
    """The agent's and the team's net sales, week by week, as lines."""
    today = clock.business_date(clock.now())
    monday = today - timedelta(days=today.weekday())
    since = monday - timedelta(weeks=WEEKS - 1)
    until = today + timedelta(days=1)
    own, all_of_them = (
        results.get_series(agent_id=agent_id, since=since, until=until, step="week", team=with_team)
        for with_team in (False, True)
    )
    labels = [date_format(point.since, "SHORT_DATE_FORMAT") for point in own]
    data = chart(
        labels,
        [
            Series(_("Own net sales"), [point.sales.net for point in own], kind="line"),
            Series(_("With the team"), [point.sales.net for point in all_of_them], kind="line", colour="primary-300"),
        ],
    )
    return Chart(_("Sales week by week"), data, kind="line")
