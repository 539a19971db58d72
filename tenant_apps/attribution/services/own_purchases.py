"""Recognise an agent who buys himself, however the order names him."""

from collections.abc import Collection
from dataclasses import dataclass

from tenant_apps.agents.selectors import agents
from tenant_apps.attribution import selectors


@dataclass(frozen=True, slots=True)
class BuyerMarks:
    """Marks of an order's buyer: phones (E.164), ids in WeChat or another channel, and the login that ordered."""

    phones: frozenset[str]
    wechat_ids: frozenset[str]
    user_id: int | None


def find_buyers(*, agent_ids: Collection[int], marks: BuyerMarks) -> set[int]:
    """Return which of the agents bought themselves; none where the policy lets own purchases earn."""
    if not agent_ids or selectors.get_policy().own_purchases_earn:
        return set()
    return agents.find_people(
        agent_ids=agent_ids, phones=marks.phones, wechat_ids=marks.wechat_ids, user_id=marks.user_id
    )
