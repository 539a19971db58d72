"""Whose customer somebody is, decided without the database; and how a referral is written in an address."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from tenant_apps.agents.states import BindingMode, TouchOutcome, TouchSource

LINK_CODE_LENGTH: Final = 10
PARAMETER: Final = "a"  # `?a=<code>` on any public page
QR_MARK: Final = "~q"  # behind the code: it was read from a QR code
LONGEST_REFERRAL: Final = 40
PRODUCT_MARK: Final = "{product}"
BINDING_OUTCOMES: Final = frozenset({TouchOutcome.BOUND, TouchOutcome.TAKEN_OVER, TouchOutcome.CONFIRMED})


@dataclass(frozen=True, slots=True)
class Terms:
    """The policy of one moment. It is kept with every touch, so that a replay does not use a later one."""

    mode: BindingMode
    protection_days: int
    expiry_days: int
    own_purchases_earn: bool

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "mode": self.mode.value}

    def as_text(self) -> str:
        return json.dumps(self.as_json())

    @classmethod
    def read(cls, stored: Mapping[str, object]) -> "Terms":
        """What `as_json` wrote."""
        return cls(
            mode=BindingMode(str(stored["mode"])),
            protection_days=int(str(stored["protection_days"])),
            expiry_days=int(str(stored["expiry_days"])),
            own_purchases_earn=stored["own_purchases_earn"] is True,
        )

    def protected_until(self, moment: datetime) -> datetime:
        return moment + timedelta(days=self.protection_days)

    def expires_at(self, moment: datetime) -> datetime:
        return moment + timedelta(days=self.expiry_days)


@dataclass(frozen=True, slots=True)
class Held:
    """The binding that stands: whose, protected until when, and when it ends at the latest."""

    binding_id: int
    agent_id: int
    protected_until: datetime
    expires_at: datetime


def decide(
    terms: Terms, held: Held | None, *, agent_id: int, is_self: bool, is_new: Callable[[], bool], moment: datetime
) -> TouchOutcome:
    """What comes of an agent meeting a customer. `held` has not lapsed at `moment`.

    `is_new` tells whether the customer never bought; it is asked only where the answer matters.
    """
    if is_self and not terms.own_purchases_earn:
        return TouchOutcome.SELF
    if held is None:
        newcomer = terms.mode != BindingMode.NEW_ONLY or is_new()
        return TouchOutcome.BOUND if newcomer else TouchOutcome.NOT_NEW
    if held.agent_id == agent_id:
        return TouchOutcome.CONFIRMED
    if moment < held.protected_until:
        return TouchOutcome.PROTECTED
    return TouchOutcome.TAKEN_OVER if terms.mode == BindingMode.LAST_TOUCH else TouchOutcome.HELD


def renews(terms: Terms) -> bool:
    """Whether meeting the same agent again starts the two dates anew: only where the last touch counts."""
    return terms.mode == BindingMode.LAST_TOUCH


def attributed_to(outcome: TouchOutcome, *, agent_id: int, held: Held | None) -> int | None:
    """Whose order it is after the touch: the toucher's, else the holder's, else nobody's."""
    if outcome in BINDING_OUTCOMES:
        return agent_id
    return held.agent_id if held else None


def read_referral(text: str) -> tuple[str, TouchSource]:
    """The code and how it was met, from what an address or a cookie carries: `K7M2…` or `K7M2…~q`."""
    code, mark, _rest = text.strip()[:LONGEST_REFERRAL].partition(QR_MARK)
    return code.upper(), TouchSource.QR if mark else TouchSource.LINK


def write_referral(code: str, source: TouchSource) -> str:
    """What `read_referral` reads."""
    return f"{code}{QR_MARK}" if source == TouchSource.QR else code


def with_referral(address: str, referral: str) -> str:
    """The address with the referral in its query; what else stands there is kept."""
    parts = urlsplit(address)
    # The tilde is allowed in a query as it is; what is not kept readable is not typed.
    added = urlencode({PARAMETER: referral}, safe="~")
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def is_shop_address(address: str) -> bool:
    """Whether a link may lead there: an absolute web address without user name, blanks or control characters."""
    if not address.isascii() or any(character.isspace() or not character.isprintable() for character in address):
        return False
    try:
        parts = urlsplit(address)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in parts.netloc and port_is_sound


def target_of(*, shop_url: str, product_url: str, product_id: int | None) -> str:
    """Where a link leads in the brand's shop; empty where the brand named none."""
    if product_id is not None and product_url:
        return product_url.replace(PRODUCT_MARK, str(product_id))
    return shop_url
