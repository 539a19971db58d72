"""Import an existing team from a file: a row for each agent, sponsors in any order."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.china.divisions import read_region
from kernel.china.phones import normalise_phone
from kernel.china.wechat import normalise_wechat_id
from kernel.core import clock
from kernel.core.codes import is_valid_code, normalise_code
from kernel.core.errors import Conflict
from shared_apps.entitlements.services import quotas
from tenant_apps.agents.services.bulk_enrol import remove_many
from tenant_apps.agents.services.tree import lock_tree
from tenant_apps.imports.services.importer import Importer, Outcome, Run
from tenant_apps.imports.services.reading.cells import CellRefused, clean_identifier
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.imports.services.reading.rows import SourceRow
from tenant_apps.recruiting.services.import_team.checking import Team, TeamRow, check_team
from tenant_apps.recruiting.services.import_team.writing import write_team


class NoTeam(Conflict):
    code = "no_team"
    title = _("The file holds no agent")


class TeamImporter(Importer[TeamRow, Team]):
    """Makes agents that are active at once, with tree, history, levels and terms. All rows or none."""

    kind = "team"
    label = _("Import a team")
    permission = "agents.import"
    max_rows = 10_000
    # Ten thousand agents take eight seconds to write; `plan` finds all that `write` could refuse.
    writes_in_dry_run = False
    reasons = {
        "agent_exists": _("An agent with this phone number exists"),
        "bad_code": _("Not an agent code"),
        "bad_wechat_id": _("Not a WeChat id"),
        "code_taken": _("An agent code that is taken"),
        "cycle": _("Sponsors that form a circle"),
        "region_taken": _("A region that is taken"),
        "sponsor_may_not_recruit": _("The sponsor's level may not have a team"),
        "sponsor_not_active": _("The sponsor is not active"),
        "unknown_region": _("No such region"),
    }
    figures = {"agents": _("Agents")}
    done_url = "ranks:team"

    def columns(self) -> Sequence[Column]:
        return (
            Column(
                "name",
                pgettext_lazy("person", "Name"),
                ("name", "姓名", "名称"),
                True,
                example="王小明",
                is_of_vocabulary=False,
            ),
            Column("phone", _("Phone"), ("手机号", "手机", "电话"), True, example="13800000000"),
            Column("level", aliases=("等级", "级别"), required=True, example="总代理"),
            Column("sponsor", _("Sponsor"), ("上级", "上级手机号", "推荐人"), example="13900000000"),
            Column("code", _("Agent code"), ("code", "编号", "代理编号"), is_of_vocabulary=False),
            Column("wechat_id", _("WeChat id"), ("微信号", "wechat"), example="wang_xm"),
            Column("region_code", _("Region code"), ("地区代码", "region"), example="4403"),
            Column("channel", _("Channel"), ("渠道",), example="微信私域"),
            Column("joined_on", _("Joined on"), ("加入日期", "joined"), example="2026-01-15"),
            Column("valid_until", _("Valid until"), ("有效期至",)),
        )

    def read_row(self, row: SourceRow, run: Run) -> TeamRow:
        region_code, region = row.read("region_code", _read_region) or ("", "")
        return TeamRow(
            number=row.number,
            name=row.text("name", required=True, max_length=100),
            phone=row.phone("phone", required=True),
            level=row.identifier("level", required=True, max_length=100).casefold(),
            sponsor=row.read("sponsor", _read_sponsor) or "",
            code=row.read("code", _read_code) or "",
            wechat_id=row.read("wechat_id", _read_wechat) or "",
            region_code=region_code,
            region=region,
            channel=row.text("channel", max_length=60),
            joined_on=_date(row, "joined_on"),
            valid_until=_date(row, "valid_until"),
        )

    def plan(self, rows: Iterator[TeamRow], run: Run) -> Team:
        lock_tree()

        def refuse_at(line: int, column: str, code: str, detail: str) -> None:
            run.refuse(line, code, detail, column=column)

        team = Team(list(rows), refuse_at)
        check_team(team, as_of=clock.business_date(run.now))
        return team

    def summarise(self, plan: Team, run: Run) -> Outcome:
        """Take the places of the plan in the transaction that is rolled back. Raises QuotaExceeded."""
        if not run.issues.lines and plan.rows:
            quotas.take("agents", len(plan.rows))
        return Outcome({"agents": len(plan.rows)})

    def write(self, plan: Team, run: Run) -> Outcome:
        agent_ids = write_team(plan, now=run.now)
        if not agent_ids:
            raise NoTeam
        return Outcome({"agents": len(agent_ids)}, {"agent_ids": agent_ids})

    def undo(self, run: Run) -> None:
        lock_tree()
        remove_many(run.job.result["agent_ids"])


def _date(row: SourceRow, name: str) -> date | None:
    """A day of any year: contracts are older than the file, and may last."""
    return row.date(name, years=None)


def _read_sponsor(text: str) -> str:
    """A sponsor by phone number where it is one, else by code."""
    word = clean_identifier(text)
    try:
        return normalise_phone(word)
    except ValueError:
        return normalise_code(word)


def _read_code(text: str) -> str:
    code = normalise_code(clean_identifier(text))
    if not is_valid_code(code):
        raise CellRefused("bad_code", _("A code has 1 to 32 visible characters without spaces."))
    return code


def _read_wechat(text: str) -> str:
    try:
        return normalise_wechat_id(clean_identifier(text))
    except ValueError as error:
        raise CellRefused("bad_wechat_id", _("This is not a WeChat id.")) from error


def _read_region(text: str) -> Any:
    try:
        return read_region(clean_identifier(text))
    except ValueError as error:
        raise CellRefused("unknown_region", _("There is no such region.")) from error
