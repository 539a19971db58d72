"""Terms by which an order is found, and words of a search as terms."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.china.search_terms import Word, code_terms, code_word, name_terms, name_word, phone_terms, phone_word
from kernel.core.errors import Text

NUMBER: Final = "n:"
EXTERNAL: Final = "x:"
TRACKING: Final = "t:"
PHONE: Final = "p:"
RECEIVER: Final = "r:"
CUSTOMER: Final = "k:"
AGENT: Final = "a:"
GOODS: Final = "v:"

# Fields by the mark of their terms, as the API names them.
FIELDS: Final[Mapping[str, str]] = {
    NUMBER: "number",
    EXTERNAL: "external_number",
    TRACKING: "tracking_number",
    PHONE: "phone",
    RECEIVER: "receiver",
    CUSTOMER: "customer",
    AGENT: "agent",
    GOODS: "goods",
}
FIELD_NAMES: Final[Mapping[str, Text]] = {
    "number": _("number"),
    "external_number": _("number in the channel"),
    "tracking_number": _("tracking number"),
    "phone": _("receiver's phone"),
    "receiver": _("receiver"),
    "customer": _("customer"),
    "agent": _("agent"),
    "goods": pgettext_lazy("order", "goods"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """Facts by which an order is found."""

    number: str
    external_number: str
    receiver: Mapping[str, object]
    customer_id: int | None
    agent_id: int | None
    variant_ids: Iterable[int]
    tracking_numbers: Iterable[str] = ()


def order_terms(facts: Found) -> list[str]:
    """Return the terms of an order, sorted. A name that changes later is found through its owner's id."""
    terms = code_terms(NUMBER, facts.number) | code_terms(EXTERNAL, facts.external_number)
    terms |= tracking_terms(facts.tracking_numbers)
    terms |= phone_terms(PHONE, str(facts.receiver.get("phone") or ""))
    terms |= name_terms(RECEIVER, str(facts.receiver.get("name") or ""))
    terms |= {f"{GOODS}{variant_id}" for variant_id in facts.variant_ids}
    owners = ((CUSTOMER, facts.customer_id), (AGENT, facts.agent_id))
    terms |= {f"{mark}{one}" for mark, one in owners if one is not None}
    return sorted(terms)


def tracking_terms(numbers: Iterable[str]) -> set[str]:
    """Return the terms of parcels' numbers."""
    return {term for number in numbers for term in code_terms(TRACKING, number)}


def order_word(word: str) -> Word:
    """Return what a word may stand for on the order itself."""
    codes = [code_word(mark, word) for mark in (NUMBER, EXTERNAL, TRACKING)]
    return phone_word(PHONE, word).joined_with([name_word(RECEIVER, word), *codes])


def find_fields(words: Sequence[Word], terms: Collection[str]) -> list[str]:
    """Return the names of the fields in which an order holds the words, in the order of FIELDS."""
    marks: set[str] = set().union(*(word.find_marks(terms) for word in words))
    return [name for mark, name in FIELDS.items() if mark in marks]
