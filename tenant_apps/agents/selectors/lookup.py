"""Find agents as files and applications name them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from kernel.china.search_terms import code_word, name_word, phone_word, split_words
from kernel.core.codes import normalise_code
from kernel.database.term_index import matches
from tenant_apps.agents.models import Agent
from tenant_apps.agents.models.agents import CODE, NAME, PHONE
from tenant_apps.agents.states import COUNTED_STATES, AgentState

_SECRETS = ("id_number", "bank_card")


def get_agent_ids(*, words: Collection[str]) -> dict[str, int]:
    """Map each known word, a code or a phone number as E.164, to its agent's id, in one query. Codes win."""
    wanted = list(words)
    rows = Agent.objects.filter(Q(code__in=wanted) | Q(phone__in=wanted)).values_list("id", "code", "phone")
    found: dict[str, int] = {}
    for agent_id, _code, phone in rows.order_by("id"):
        found.setdefault(phone, agent_id)
    found |= {code: agent_id for agent_id, code, _phone in rows}
    return {word: found[word] for word in wanted if word in found}


def get_ids_by_code(*, codes: Iterable[str]) -> dict[str, int]:
    """Map each code, as it was given, to the agent's id; unknown ones are left out. One statement."""
    wanted = {code: normalise_code(code) for code in codes}
    found = dict(Agent.objects.filter(code__in=set(wanted.values())).order_by("id").values_list("code", "id"))
    return {code: found[normal] for code, normal in wanted.items() if normal in found}


def get_names(*, agent_ids: Collection[int]) -> dict[int, str]:
    """Map each known agent to its name."""
    return dict(Agent.objects.filter(pk__in=set(agent_ids)).order_by("id").values_list("id", "name"))


def list_named(*, phones: Collection[str], codes: Collection[str]) -> list[Agent]:
    """The agents with one of the phone numbers or codes, with their levels. One statement."""
    agents = Agent.objects.select_related("level").defer(*_SECRETS)
    return list(agents.filter(Q(phone__in=set(phones)) | Q(code__in=set(codes))).order_by("id"))


def matches_search(text: str) -> Q:
    """Condition on agents that hold every word: a part of a name or its pinyin, a code, a phone number.

    Of numbers the last four digits are enough, of codes the beginning.
    """
    condition = Q()
    for word in split_words(text) or [""]:
        terms = name_word(NAME, word).joined_with([phone_word(PHONE, word), code_word(CODE, word)])
        found = matches([terms], field="search_terms")
        condition &= found | Q(code__startswith=normalise_code(word)) if word else found
    return condition


def find_ids(*, word: str, limit: int) -> list[int]:
    """Return the newest agents that the word finds; one whose code it is comes first."""
    named = Agent.objects.filter(matches_search(word)).annotate(is_named=Q(code=normalise_code(word)))
    return list(named.order_by("-is_named", "-id").values_list("id", flat=True)[:limit])


def next_indexing(now: datetime) -> datetime | None:
    """Return `now` while there are agents that nobody can find."""
    return now if Agent.objects.filter(search_terms=[]).exists() else None


def list_like(*, phone: str, wechat_id: str, identity_digest: str, limit: int) -> list[Agent]:
    """The agents who may be the same person: same phone, WeChat id or ID number. Empty texts are like nobody's."""
    same = Q(phone=phone)
    if wechat_id:
        same |= Q(wechat_id=wechat_id)
    if identity_digest:
        same |= Q(identity_digest=identity_digest)
    return list(Agent.objects.filter(same, anonymised_at=None).defer(*_SECRETS).order_by("id")[:limit])


def has_agent(*, phone: str) -> bool:
    """Tell whether an active or suspended agent has this phone number."""
    return Agent.objects.filter(phone=phone, state__in=COUNTED_STATES).exists()


def get_held_regions(*, level_ids: Collection[int]) -> dict[int, set[str]]:
    """Map each level to the region codes its active and suspended agents hold."""
    held: dict[int, set[str]] = {level_id: set() for level_id in level_ids}
    there = Agent.objects.filter(level_id__in=held, state__in=[AgentState.ACTIVE, AgentState.SUSPENDED])
    for level_id, code in there.exclude(region_code="").values_list("level_id", "region_code"):
        held[level_id].add(code)
    return held
