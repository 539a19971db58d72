"""Reads about links, bindings, touchpoints, and the gaps between an agent's terms."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db.models import Count, F, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import NotFound
from tenant_apps.agents import rules
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import AgentExpired, AgentNotActive, AgentNotFound, UplineMember, get_agent
from tenant_apps.agents.selectors.files_of_agents import list_terms
from tenant_apps.agents.states import Standing
from tenant_apps.attribution.models import Binding, Policy, ReferralLink, Touchpoint, Visit
from tenant_apps.attribution.rules.referrals import read_referral
from tenant_apps.attribution.states import BINDING_OUTCOMES, TouchOutcome, TouchSource

_SECRETS = ("id_number", "bank_card")
_SPONSORS_SECRETS = ("sponsor__id_number", "sponsor__bank_card")
_AGENTS_SECRETS = ("agent__id_number", "agent__bank_card")
_HOLDERS_SECRETS = ("held_by__id_number", "held_by__bank_card")


class LinkNotFound(NotFound):
    code = "link_not_found"
    title = _("There is no such link")


class BindingNotFound(NotFound):
    code = "binding_not_found"
    title = _("There is no such binding")


@dataclass(frozen=True, slots=True)
class Referral:
    """The agent a code stands for, with the sponsor; the link, where the code was a link's."""

    agent: Agent
    link_id: int | None
    source: TouchSource


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """Results of a link: `visitors` are those not seen before, `orders` those placed through it."""

    opened: int = 0
    visitors: int = 0
    bound: int = 0
    orders: int = 0


def get_policy() -> Policy:
    """The brand's one policy."""
    return Policy.objects.get(id=1)


def get_selling_referral(*, code: str, source: TouchSource, as_of: date, field: str = "agent_code") -> Referral:
    """The agent who may sell on the day `as_of`, by agent code, referral code or a link's code. One query.

    Raises AgentNotFound, AgentNotActive, AgentExpired, naming `field`.
    """
    found = _find_by_code(code)
    if found is None:
        raise AgentNotFound(_("There is no such agent."), field=field)
    agent, link_id = found
    standing = agent.standing(as_of)
    if standing == Standing.EXPIRED:
        raise AgentExpired(_("The agent's contract has expired."), field=field)
    if standing != Standing.ACTIVE:
        raise AgentNotActive(_("The agent is not active."), field=field)
    return Referral(agent, link_id, source)


def find_referral(*, text: str, as_of: date) -> Referral | None:
    """Read an address's or cookie's referral: None where no selling agent is meant. One query.

    Nobody is refused because of the way they came, so this never raises.
    """
    code, is_qr = read_referral(text)
    found = _find_by_code(code) if rules.is_valid_code(code) else None
    if found is None or found[0].standing(as_of) != Standing.ACTIVE:
        return None
    return Referral(found[0], found[1], TouchSource.QR if is_qr else TouchSource.LINK)


def _find_by_code(code: str) -> tuple[Agent, int | None] | None:
    normal = rules.normalise_code(code)
    link = ReferralLink.objects.filter(code=normal)
    # A scalar subquery, so that three indexes are asked and the table is not read.
    matches = Q(code=normal) | Q(referral_code=normal) | Q(id=Subquery(link.values("agent_id")[:1]))
    agents = Agent.objects.filter(matches).annotate(through_link=Subquery(link.values("id")[:1]))
    agents = agents.select_related("sponsor").defer(*_SECRETS, *_SPONSORS_SECRETS)
    # Should one agent's code be another's referral or link code, the agent's own code counts.
    found = sorted(agents.order_by("id")[:3], key=lambda one: (one.code != normal, one.referral_code != normal))
    if not found:
        return None
    agent = found[0]
    is_by_link = normal not in {agent.code, agent.referral_code}
    return agent, agent.through_link if is_by_link else None


def get_selling_members(*, agent: Agent) -> list[UplineMember]:
    """Return the agents who earn on a sale: the agent as tier 1, the sponsor as tier 2. No query.

    A third paid tier does not exist (禁止传销条例).
    """
    chain = (agent, agent.sponsor)
    return [
        UplineMember(tier, one.pk, one.level_id, one.code, one.name)
        for tier, one in enumerate(chain, start=1)
        if one is not None
    ]


def get_link(*, link_id: int) -> ReferralLink:
    """The link with its agent. Raises LinkNotFound."""
    return _one_link(ReferralLink.objects.filter(id=link_id))


def get_link_by_code(*, code: str) -> ReferralLink:
    """The link with its agent. Raises LinkNotFound."""
    return _one_link(ReferralLink.objects.filter(code=rules.normalise_code(code)))


def _one_link(links: QuerySet[ReferralLink]) -> ReferralLink:
    link = links.select_related("agent").defer(*_AGENTS_SECRETS).first()
    if link is None:
        raise LinkNotFound
    return link


def list_links(*, agent_id: int | None = None, product_id: int | None = None) -> QuerySet[ReferralLink]:
    """Links with their agents, newest first."""
    links = ReferralLink.objects.select_related("agent").defer(*_AGENTS_SECRETS).order_by("-id")
    if agent_id is not None:
        links = links.filter(agent_id=agent_id)
    if product_id is not None:
        links = links.filter(product_id=product_id)
    return links


def list_visits(*, link_id: int, since: date, until: date) -> QuerySet[Visit]:
    """The link's days from `since` to before `until` on which it was opened, in order."""
    return Visit.objects.filter(link_id=link_id, day__gte=since, day__lt=until).order_by("day")


def get_link_figures(*, link_ids: list[int]) -> dict[int, LinkFigures]:
    """Return the results of each link so far, in two queries."""
    visits = {
        link_id: (opened, visitors)
        for link_id, opened, visitors in Visit.objects.filter(link_id__in=link_ids)
        .values("link_id")
        .annotate(opened_sum=Sum("opened"), visitors_sum=Sum("visitors"))
        .order_by("link_id")
        .values_list("link_id", "opened_sum", "visitors_sum")
    }
    won = Q(outcome__in=[TouchOutcome.BOUND, TouchOutcome.TAKEN_OVER])
    ordered = Q(outcome__in=BINDING_OUTCOMES) & ~Q(order_number="")
    touches = {
        link_id: (bound, orders)
        for link_id, bound, orders in Touchpoint.objects.filter(link_id__in=link_ids)
        .values("link_id")
        .annotate(bound=Count("customer_id", distinct=True, filter=won), orders=Count("id", filter=ordered))
        .order_by("link_id")
        .values_list("link_id", "bound", "orders")
    }
    nothing = (0, 0)
    return {one: LinkFigures(*visits.get(one, nothing), *touches.get(one, nothing)) for one in link_ids}


def get_binding(*, customer_id: int, as_of: datetime) -> Binding | None:
    """Return the customer's binding at that moment, with the agent and the sponsor; None where there is none. One
    query.
    """
    return (
        Binding.objects.filter(customer_id=customer_id, bound_at__lte=as_of, expires_at__gt=as_of)
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gt=as_of))
        .select_related("agent__sponsor")
        .defer(*_AGENTS_SECRETS, "agent__sponsor__id_number", "agent__sponsor__bank_card")
        .order_by("-id")
        .first()
    )


def get_binding_by_id(*, binding_id: int) -> Binding:
    """Raises BindingNotFound."""
    binding = Binding.objects.filter(id=binding_id).select_related("agent").defer(*_AGENTS_SECRETS).first()
    if binding is None:
        raise BindingNotFound
    return binding


def list_bindings(
    *, customer_id: int | None = None, agent_id: int | None = None, open_at: datetime | None = None
) -> QuerySet[Binding]:
    """Bindings with their agents, newest first; `open_at` leaves those that stand at that moment."""
    bindings = Binding.objects.select_related("agent").defer(*_AGENTS_SECRETS).order_by("-id")
    if customer_id is not None:
        bindings = bindings.filter(customer_id=customer_id)
    if agent_id is not None:
        bindings = bindings.filter(agent_id=agent_id)
    if open_at is not None:
        bindings = bindings.filter(ended_at__isnull=True, expires_at__gt=open_at)
    return bindings


def count_bound_customers(*, agent_id: int, as_of: datetime) -> int:
    """Count the agent's customers at that moment."""
    return list_bindings(agent_id=agent_id, open_at=as_of).count()


def list_touches(
    *, customer_id: int | None = None, agent_id: int | None = None, outcome: str = "", contested: bool = False
) -> QuerySet[Touchpoint]:
    """The log, newest first. `contested` leaves those where another agent had the customer already."""
    touches = Touchpoint.objects.select_related("agent", "held_by", "link").order_by("-id")
    touches = touches.defer(*_AGENTS_SECRETS, *_HOLDERS_SECRETS)
    if customer_id is not None:
        touches = touches.filter(customer_id=customer_id)
    if agent_id is not None:
        touches = touches.filter(agent_id=agent_id)
    if outcome:
        touches = touches.filter(outcome=outcome)
    if contested:
        touches = touches.filter(held_by__isnull=False).exclude(held_by=F("agent"))
    return touches


@dataclass(frozen=True, slots=True)
class Gap:
    """Half-open, in moments, and the customers who were the agent's at some time in it."""

    since: datetime
    until: datetime
    customer_ids: frozenset[int]


def list_gaps(*, agent_id: int, now: datetime) -> list[Gap]:
    """The gaps between an agent's terms, and since the last one where the agent has expired; the earliest first.

    Raises AgentNotFound.
    """
    agent = get_agent(agent_id=agent_id)
    terms = list(list_terms(agent_id=agent_id).order_by("starts_on"))
    days: list[tuple[date, date]] = []
    for term, following in pairwise(terms):
        if term.ends_on is not None and term.ends_on + timedelta(days=1) < following.starts_on:
            days.append((term.ends_on + timedelta(days=1), following.starts_on))
    today = clock.business_date(now)
    if agent.standing(today) == Standing.EXPIRED and agent.valid_until is not None:
        days.append((agent.valid_until + timedelta(days=1), today + timedelta(days=1)))
    return [_gap(agent_id, clock.day_bounds(first)[0], clock.day_bounds(last)[0]) for first, last in days]


def _gap(agent_id: int, since: datetime, until: datetime) -> Gap:
    bound = Binding.objects.filter(agent_id=agent_id, bound_at__lt=until, expires_at__gt=since)
    held = bound.filter(Q(ended_at=None) | Q(ended_at__gt=since))
    return Gap(since, until, frozenset(held.values_list("customer_id", flat=True)))
