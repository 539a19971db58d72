"""Import agents' balances from a file: the commission each agent is owed on the day of the move."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from kernel.core.money import ZERO
from tenant_apps.agents.selectors import lookup
from tenant_apps.commissions.services.opening import find_opened, open_balances, take_back_balances
from tenant_apps.imports.services.importer import Importer, Outcome, Run
from tenant_apps.imports.services.reading.columns import Column
from tenant_apps.imports.services.reading.rows import SourceRow, find_phone


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """A row as the file tells it; `agent` is a code, or a phone number as E.164."""

    line: int
    agent: str
    amount: Decimal


class OpeningBalancesImporter(Importer[BalanceRow, dict[int, Decimal]]):
    """Credits agents with what the brand owed them. All rows or none, once per agent."""

    kind = "agent_balances"
    label = _("Import agents' balances")
    permission = "commissions.payout"
    reasons = {
        "opened_before": _("A balance that was brought in before"),
    }
    figures = {"agents": _("Agents"), "total": _("Together")}
    done_url = "admin:commissions_commissionentry_changelist"

    def columns(self) -> Sequence[Column]:
        return (
            Column("agent_code", _("Agent's code or phone"), ("手机号", "代理手机号"), True, example="A0001"),
            Column("balance", _("Commission owed"), ("佣金余额", "未提现佣金", "可提现"), True, example="1280.50"),
        )

    def read_row(self, row: SourceRow, run: Run) -> BalanceRow:
        word = row.identifier("agent_code", required=True)
        amount = row.decimal("balance", required=True) or ZERO
        return BalanceRow(row.number, find_phone(word) or word.upper(), amount)

    def plan(self, rows: Iterator[BalanceRow], run: Run) -> dict[int, Decimal]:
        read = list(rows)
        agents = lookup.get_agent_ids(words={row.agent for row in read})
        opened = find_opened(agent_ids=agents.values())
        amounts: dict[int, Decimal] = {}
        for row in read:
            agent_id = agents.get(row.agent)
            if agent_id is None:
                run.refuse(row.line, "unknown_agent", _("There is no such agent."), column="agent_code")
            elif agent_id in amounts:
                detail = _("This agent stands in the file more than once.")
                run.refuse(row.line, "twice_in_file", detail, column="agent_code")
            elif agent_id in opened:
                detail = _("This agent has an opening balance already.")
                run.refuse(row.line, "opened_before", detail, column="agent_code")
            else:
                amounts[agent_id] = row.amount
        return amounts

    def write(self, plan: dict[int, Decimal], run: Run) -> Outcome:
        # An agent with nothing to his name is known by his row, and gets no entry.
        amounts = {agent_id: amount for agent_id, amount in plan.items() if amount}
        open_balances(amounts=amounts, reference=_reference(run), now=run.now)
        return Outcome({"agents": len(amounts), "total": str(sum(amounts.values(), ZERO))})

    def undo(self, run: Run) -> None:
        take_back_balances(reference=_reference(run), now=run.now)


def _reference(run: Run) -> str:
    return f"import-{run.job.id}"
