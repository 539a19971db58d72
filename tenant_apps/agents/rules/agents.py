"""Pure rules of the agents: codes, ID numbers, bank cards."""

from datetime import date
from typing import Final, TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.china.numbers import is_bank_card, is_resident_id
from kernel.china.phones import normalise_phone
from kernel.core.codes import is_valid_code, make_code, normalise_code

MAX_UPLINE_TIERS: Final = 10


class AgentDetails(TypedDict, total=False):
    """Details of an agent. `valid_until` is the contract's last day."""

    code: str
    valid_until: date | None


class AgentChanges(AgentDetails, total=False):
    """Fields of an agent that may change; state, level, sponsor and sensitive numbers have services of their own."""

    name: str
    phone: str


class AgentFields(AgentChanges, total=False):
    """Everything that is written in one form; numbers that need a consent of their own among it."""

    id_number: str
    bank_card: str


def make_agent_code() -> str:
    """A code for an agent to whom nobody gave one."""
    return f"A{make_code(7)}"


def prepare_fields(fields: AgentFields | AgentChanges) -> tuple[AgentFields, dict[str, Promise]]:
    """The fields as they are stored, and what is wrong by field. Code, ID number and card may be empty."""
    prepared: AgentFields = {**fields}
    broken: dict[str, Promise] = {}
    if "name" in prepared and not prepared["name"].strip():
        broken["name"] = _("An agent needs a name.")
    if "phone" in prepared:
        try:
            prepared["phone"] = normalise_phone(prepared["phone"])
        except ValueError:
            broken["phone"] = _("This is not a phone number.")
    prepared |= _compact(prepared)
    if prepared.get("code") and not is_valid_code(prepared["code"]):
        broken["code"] = _("A code has 1 to 32 visible characters without spaces.")
    if prepared.get("id_number") and not is_resident_id(prepared["id_number"]):
        broken["id_number"] = _("This is not a valid ID number.")
    if prepared.get("bank_card") and not is_bank_card(prepared["bank_card"]):
        broken["bank_card"] = _("This is not a valid card number.")
    return prepared, broken


def _compact(fields: AgentFields) -> AgentFields:
    """Codes and ID numbers in capitals, card numbers without the spaces they are printed with."""
    compact: AgentFields = {}
    if "code" in fields:
        compact["code"] = normalise_code(fields["code"])
    if "id_number" in fields:
        compact["id_number"] = normalise_code(fields["id_number"])
    if "bank_card" in fields:
        compact["bank_card"] = "".join(fields["bank_card"].split())
    return compact
