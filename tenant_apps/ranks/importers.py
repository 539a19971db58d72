"""Import agents' past sales from a file, so that ranks and charts know the time before the move."""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.core.money import ZERO
from tenant_apps.agents.selectors import lookup
from tenant_apps.imports.services.importer import Importer, Outcome, Run
from tenant_apps.imports.services.reading.cells import CellRefused, clean_text, read_date
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.imports.services.reading.rows import SourceRow, find_phone
from tenant_apps.ranks.selectors.results import get_days_with_sales
from tenant_apps.ranks.services.results import NewSales, post_many_sales, take_back_sales

_MONTH: Final = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})|年([0-9]{1,2})月)")


@dataclass(frozen=True, slots=True)
class SalesRow:
    """A row as the file tells it; `agent` is a code, or a phone number as E.164. A month is its last day."""

    line: int
    agent: str
    day: date
    amount: Decimal


class PastSalesImporter(Importer[SalesRow, list[NewSales]]):
    """Adds net sales by agent and day, or by month. All rows or none; a day that has sales already is refused."""

    kind = "past_sales"
    label = _("Import agents' past sales")
    permission = "agents.import"
    reasons = {"future": _("A day that is not over yet"), "known_sales": _("Sales that are known already")}
    figures = {"days": pgettext_lazy("import", "Days"), "agents": _("Agents"), "total": _("Net sales")}
    done_url = "ranks:ranking"

    def columns(self) -> Sequence[Column]:
        return (
            Column("agent_code", _("Agent's code or phone"), ("手机号", "代理手机号"), True, example="A0001"),
            Column("day", _("Day or month"), ("日期", "月份", "date", "month"), True, example="2026-08"),
            Column("sales", _("Net sales"), ("销售额", "净销售额", "业绩", "金额"), True, example="18600.00"),
        )

    def read_row(self, row: SourceRow, run: Run) -> SalesRow:
        word = row.identifier("agent_code", required=True)
        day = row.read("day", lambda text: _read_day(text, run), required=True) or run.now.date()
        if day > run.now.astimezone(run.zone).date() and not row.faults:
            row.refuse("day", "future", _("This day is not over yet."))
        amount = row.decimal("sales", required=True) or ZERO
        return SalesRow(row.number, find_phone(word) or word.upper(), day, amount)

    def plan(self, rows: Iterator[SalesRow], run: Run) -> list[NewSales]:
        read = list(rows)
        agents = lookup.get_agent_ids(words={row.agent for row in read})
        taken = get_days_with_sales(agent_ids=agents.values())
        sales = []
        seen: set[tuple[int, date]] = set()
        for row in read:
            agent_id = agents.get(row.agent)
            if agent_id is None:
                run.refuse(row.line, "unknown_agent", _("There is no such agent."), column="agent_code")
            elif (agent_id, row.day) in seen:
                run.refuse(row.line, "twice_in_file", _("This stands in the file more than once."), column="day")
            elif (agent_id, row.day) in taken:
                run.refuse(row.line, "known_sales", _("This agent's sales of the day are known already."), column="day")
            else:
                seen.add((agent_id, row.day))
                sales.append(NewSales(agent_id, f"{_reference(run)}:{row.line}", row.day, row.amount))
        return sales

    def write(self, plan: list[NewSales], run: Run) -> Outcome:
        days = post_many_sales(sales=plan)
        total = sum((one.amount for one in plan), ZERO)
        return Outcome({"days": days, "agents": len({one.agent_id for one in plan}), "total": str(total)})

    def undo(self, run: Run) -> None:
        take_back_sales(reference=_reference(run))


def _reference(run: Run) -> str:
    return f"import:{run.job.id}"


def _read_day(text: str, run: Run) -> date:
    """A day, or the last day of a month; of the present month today. Raises CellRefused."""
    month = _MONTH.fullmatch(clean_text(text))
    if month is None:
        return read_date(text, zone=run.zone)
    year = int(month[1])
    number = int(month[2] or month[3])
    if not (1990 <= year <= 2100 and 1 <= number <= 12):
        raise CellRefused("bad_date", _("There is no such month."))
    today = run.now.astimezone(run.zone).date()
    last = date(year, number, monthrange(year, number)[1])
    return today if (year, number) == (today.year, today.month) else last
