"""Reads about links, bindings, touchpoints, and the gaps between an agent's terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from django.core import signing
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.codes import is_valid_code, normalise_code
from kernel.core.errors import NotFound
from kernel.tenancy.context import current_schema
from tenant_apps.agents.selectors.agents import AgentExpired, AgentNotActive, AgentNotFound, UplineMember, get_agent
from tenant_apps.agents.selectors.files_of_agents import list_terms
from tenant_apps.agents.states import AgentStatus, status_of
from tenant_apps.attribution.models import Binding, Policy, ReferralLink, Touchpoint, Visit
from tenant_apps.attribution.rules.referrals import PARAMETER, read_referral
from tenant_apps.attribution.states import BINDING_OUTCOMES, BindingMode, TouchpointOutcome, TouchpointSource

REFERRAL_COOKIE: Final = "bn_referral"
REFERRAL_PARAMETER: Final = PARAMETER
_DAY_SECONDS: Final = 86_400
_AGENTS_SECRETS = ("agent__id_number", "agent__bank_card")
_HOLDERS_SECRETS = ("held_by__id_number", "held_by__bank_card")


class LinkNotFound(NotFound):
    code = "link_not_found"
    title = _("There is no such link")


class BindingNotFound(NotFound):
    code = "binding_not_found"
    title = _("There is no such binding")


@dataclass(frozen=True, slots=True)
class Seller:
    """An agent as attribution needs one: who it is, whether it may sell, who stands above."""

    id: int
    code: str
    name: str
    phone: str
    level_id: int
    referral_code: str
    state: str
    valid_until: date | None
    sponsor: UplineMember | None
    wechat_id: str = ""
    login_phone: str = ""

    def is_person(self, *, phone: str, wechat_id: str) -> bool:
        """Tell whether the agent has this phone, himself or his login, or this WeChat id; nobody has an empty one."""
        is_phone = bool(phone) and phone in {self.phone, self.login_phone}
        return is_phone or (bool(wechat_id) and wechat_id.casefold() == self.wechat_id.casefold())

    def status(self, as_of: date) -> AgentStatus:
        """The state on the day `as_of`, as `Agent.status`."""
        return status_of(self.state, self.valid_until, as_of)

    @property
    def members(self) -> list[UplineMember]:
        """Earners of a sale by the agent: the agent as tier 1, the sponsor as tier 2 (禁止传销条例: no third)."""
        own = UplineMember(1, self.id, self.level_id, self.code, self.name)
        return [own, self.sponsor] if self.sponsor else [own]


@dataclass(frozen=True, slots=True)
class Referral:
    """The agent a code stands for; the link, where the code was a link's."""

    agent: Seller
    link_id: int | None
    source: TouchpointSource


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


# Kept as text: putting it together took longer than Postgres takes to answer it, and every order with a code asks it.
# Three indexes are asked and the table is not read. Should one agent's code be another's referral or link code, the
# agent's own code counts.
_SELLER_COLUMNS = """
    agent.id, agent.code, agent.name, agent.phone, agent.level_id, agent.referral_code, agent.state, agent.valid_until,
    agent.wechat_id, coalesce((SELECT phone FROM accounts_user WHERE id = agent.user_id), ''),
    sponsor.id, sponsor.level_id, sponsor.code, sponsor.name"""
_BY_CODE = """
SELECT {seller},
    (SELECT id FROM attribution_referrallink WHERE code = %(code)s)
FROM agents_agent AS agent LEFT JOIN agents_agent AS sponsor ON sponsor.id = agent.sponsor_id
WHERE agent.code = %(code)s OR agent.referral_code = %(code)s
    OR agent.id = (SELECT agent_id FROM attribution_referrallink WHERE code = %(code)s)
ORDER BY agent.code <> %(code)s, agent.referral_code <> %(code)s, agent.id LIMIT 1
""".replace("{seller}", _SELLER_COLUMNS)
_BY_ID = """
SELECT {seller}
FROM agents_agent AS agent LEFT JOIN agents_agent AS sponsor ON sponsor.id = agent.sponsor_id
WHERE agent.id = %(agent)s
""".replace("{seller}", _SELLER_COLUMNS)
_HOLDER = """
SELECT {seller}, policy.own_purchases_earn
FROM attribution_binding AS binding JOIN agents_agent AS agent ON agent.id = binding.agent_id
LEFT JOIN agents_agent AS sponsor ON sponsor.id = agent.sponsor_id CROSS JOIN attribution_policy AS policy
WHERE binding.customer_id = %(customer)s AND binding.bound_at <= %(as_of)s AND binding.expires_at > %(as_of)s
    AND (binding.ended_at IS NULL OR binding.ended_at > %(as_of)s)
ORDER BY binding.id DESC LIMIT 1
""".replace("{seller}", _SELLER_COLUMNS)


def get_seller(*, agent_id: int, as_of: date, field: str = "agent_id") -> Seller:
    """Return the agent who may sell on the day. Raises AgentNotFound, AgentNotActive, AgentExpired, naming `field`."""
    row = _ask(_BY_ID, {"agent": agent_id})
    return _ensure_sells(_seller(row) if row else None, as_of, field)


def get_selling_referral(*, code: str, source: TouchpointSource, as_of: date, field: str = "agent_code") -> Referral:
    """Return the agent who may sell on the day, by agent code, referral code or a link's code. One query.

    Raises AgentNotFound, AgentNotActive, AgentExpired, naming `field`.
    """
    seller, link_id = _find_by_code(code)
    return Referral(_ensure_sells(seller, as_of, field), link_id, source)


def find_referral(*, text: str, as_of: date) -> Referral | None:
    """Return the agent meant by what an address or a cookie carries; None where nobody who may sell is. One query.

    Nobody is refused because of the way they came, so this never raises.
    """
    code, is_qr = read_referral(text)
    seller, link_id = _find_by_code(code) if is_valid_code(code) else (None, None)
    if seller is None or seller.status(as_of) != AgentStatus.ACTIVE:
        return None
    return Referral(seller, link_id, TouchpointSource.QR if is_qr else TouchpointSource.LINK)


def find_visitors_referral(*, parameter: str, cookie: str, as_of: date) -> Referral | None:
    """Return the agent who led a visitor here, by the address' parameter and the cookie; None where nobody did.

    Where both are there, the policy says which counts: the first (the cookie), or the last. At most three statements,
    and none for a visitor nobody led.
    """
    if not parameter and not cookie:
        return None
    policy = get_policy()
    told = [read_cookie(cookie, policy), parameter]
    if policy.mode == BindingMode.LAST_TOUCH:
        told.reverse()
    found = (find_referral(text=text, as_of=as_of) for text in told if text)
    return next((one for one in found if one is not None), None)


def read_cookie(signed: str, policy: Policy) -> str:
    """Return what the cookie keeps; empty where there is none, it is too old, or somebody else wrote it."""
    try:
        return _signer().unsign(signed, max_age=policy.cookie_days * _DAY_SECONDS) if signed else ""
    except signing.BadSignature:
        return ""


def sign_cookie(referral: str) -> str:
    """Return what `read_cookie` reads."""
    return _signer().sign(referral)


def _signer() -> signing.TimestampSigner:
    """The brand's own: two brands may share a domain above theirs."""
    return signing.TimestampSigner(salt=f"attribution.referral:{current_schema()}")


def find_holder(*, customer_id: int, phone: str, wechat_id: str = "", as_of: datetime) -> Seller | None:
    """Return the agent who has the customer and may sell: a frozen agent's customers are the brand's own. One query.

    An agent's own purchase is nobody's, unless the policy lets it earn.
    """
    row = _ask(_HOLDER, {"customer": customer_id, "as_of": as_of})
    if row is None:
        return None
    *columns, own_purchases_earn = row
    seller = _seller(columns)
    is_self = seller.is_person(phone=phone, wechat_id=wechat_id)
    if seller.status(clock.business_date(as_of)) != AgentStatus.ACTIVE or (is_self and not own_purchases_earn):
        return None
    return seller


def _find_by_code(code: str) -> tuple[Seller | None, int | None]:
    normal = normalise_code(code)
    row = _ask(_BY_CODE, {"code": normal})
    if row is None:
        return None, None
    *columns, link_id = row
    seller = _seller(columns)
    return seller, None if normal in {seller.code, seller.referral_code} else link_id


def _ensure_sells(seller: Seller | None, as_of: date, field: str) -> Seller:
    if seller is None:
        raise AgentNotFound(_("There is no such agent."), field=field)
    status = seller.status(as_of)
    if status == AgentStatus.EXPIRED:
        raise AgentExpired(_("The agent's contract has expired."), field=field)
    if status != AgentStatus.ACTIVE:
        raise AgentNotActive(_("The agent is not active."), field=field)
    return seller


def _seller(row: Sequence[Any]) -> Seller:
    sponsor_id, level_id, code, name = row[10:14]
    sponsor = None if sponsor_id is None else UplineMember(2, sponsor_id, level_id, code, name)
    agent_id, agent_code, agent_name, phone, agent_level_id, referral_code, state, valid_until = row[:8]
    return Seller(
        id=agent_id,
        code=agent_code,
        name=agent_name,
        phone=phone,
        level_id=agent_level_id,
        referral_code=referral_code,
        state=state,
        valid_until=valid_until,
        sponsor=sponsor,
        wechat_id=row[8],
        login_phone=row[9],
    )


def _ask(statement: str, values: dict[str, Any]) -> Sequence[Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: Sequence[Any] | None = cursor.fetchone()
    return row


def get_link(*, link_id: int) -> ReferralLink:
    """The link with its agent. Raises LinkNotFound."""
    return _one_link(ReferralLink.objects.filter(id=link_id))


def get_link_by_code(*, code: str) -> ReferralLink:
    """The link with its agent. Raises LinkNotFound."""
    return _one_link(ReferralLink.objects.filter(code=normalise_code(code)))


def _one_link(links: QuerySet[ReferralLink]) -> ReferralLink:
    link = links.select_related("agent__level", "product").defer(*_AGENTS_SECRETS).first()
    if link is None:
        raise LinkNotFound
    return link


def list_links(*, agent_id: int | None = None, product_id: int | None = None) -> QuerySet[ReferralLink]:
    """Links with their agents, newest first."""
    links = ReferralLink.objects.select_related("agent", "product").defer(*_AGENTS_SECRETS).order_by("-id")
    if agent_id is not None:
        links = links.filter(agent_id=agent_id)
    if product_id is not None:
        links = links.filter(product_id=product_id)
    return links


def find_link(*, agent_id: int, product_id: int | None) -> ReferralLink | None:
    """Return the agent's one link to the product, or (None) to the whole shop."""
    links = list_links(agent_id=agent_id, product_id=product_id)
    return (links.filter(product=None) if product_id is None else links).first()


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
    won = Q(outcome__in=[TouchpointOutcome.BOUND, TouchpointOutcome.TAKEN_OVER])
    ordered = Q(outcome__in=BINDING_OUTCOMES) & ~Q(order_number="")
    touchpoints = {
        link_id: (bound, orders)
        for link_id, bound, orders in Touchpoint.objects.filter(link_id__in=link_ids)
        .values("link_id")
        .annotate(bound=Count("customer_id", distinct=True, filter=won), orders=Count("id", filter=ordered))
        .order_by("link_id")
        .values_list("link_id", "bound", "orders")
    }
    nothing = (0, 0)
    return {one: LinkFigures(*visits.get(one, nothing), *touchpoints.get(one, nothing)) for one in link_ids}


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


def list_touchpoints(
    *, customer_id: int | None = None, agent_id: int | None = None, outcome: str = "", contested: bool = False
) -> QuerySet[Touchpoint]:
    """The log, newest first. `contested` leaves those where another agent had the customer already."""
    touchpoints = Touchpoint.objects.select_related("agent", "held_by", "link").order_by("-id")
    touchpoints = touchpoints.defer(*_AGENTS_SECRETS, *_HOLDERS_SECRETS)
    if customer_id is not None:
        touchpoints = touchpoints.filter(customer_id=customer_id)
    if agent_id is not None:
        touchpoints = touchpoints.filter(agent_id=agent_id)
    if outcome:
        touchpoints = touchpoints.filter(outcome=outcome)
    if contested:
        touchpoints = touchpoints.filter(held_by__isnull=False).exclude(held_by=F("agent"))
    return touchpoints


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
    if agent.status(today) == AgentStatus.EXPIRED and agent.valid_until is not None:
        days.append((agent.valid_until + timedelta(days=1), today + timedelta(days=1)))
    return [_gap(agent_id, clock.day_bounds(first)[0], clock.day_bounds(last)[0]) for first, last in days]


def _gap(agent_id: int, since: datetime, until: datetime) -> Gap:
    bound = Binding.objects.filter(agent_id=agent_id, bound_at__lt=until, expires_at__gt=since)
    held = bound.filter(Q(ended_at=None) | Q(ended_at__gt=since))
    return Gap(since, until, frozenset(held.values_list("customer_id", flat=True)))
