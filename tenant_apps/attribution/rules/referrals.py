"""Write and read referrals in addresses, and check the targets of links."""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

LINK_CODE_LENGTH: Final = 10
PARAMETER: Final = "a"  # `?a=<code>` on any public page
QR_MARK: Final = "~q"  # behind the code: it was read from a QR code
MAX_REFERRAL_LENGTH: Final = 40
MAX_CAMPAIGN_PARAMETERS: Final = 10
MAX_CAMPAIGN_LENGTH: Final = 200
_CAMPAIGN: Final = re.compile(r"utm_[a-z_]{1,30}")
PRODUCT_MARK: Final = "{product}"


def read_referral(text: str) -> tuple[str, bool]:
    """The code in what an address or a cookie carries, and whether it was read from a QR code: `K7M2…`, `K7M2…~q`."""
    code, mark, _rest = text.strip()[:MAX_REFERRAL_LENGTH].partition(QR_MARK)
    return code.upper(), bool(mark)


def write_referral(code: str, *, is_qr: bool) -> str:
    """Write what `read_referral` reads."""
    return f"{code}{QR_MARK}" if is_qr else code


def campaign_of(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the campaign's parameters (`utm_source` and the like) of an opened link, at most ten, cut at 200."""
    found = {name: value[:MAX_CAMPAIGN_LENGTH] for name, value in query if _CAMPAIGN.fullmatch(name) and value}
    return dict(list(found.items())[:MAX_CAMPAIGN_PARAMETERS])


def with_referral(address: str, referral: str, campaign: Mapping[str, str]) -> str:
    """Return the address with the campaign and the referral in its query; what else stands there is kept.

    A parameter of the campaign that the address has already is the link's.
    """
    parts = urlsplit(address)
    kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0] not in campaign]
    parts = parts._replace(query="&".join(kept))
    # The tilde is allowed in a query as it is; what is not kept readable is not typed.
    added = urlencode({**campaign, PARAMETER: referral}, safe="~")
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def is_shop_address(address: str) -> bool:
    """Tell whether a link may lead there: an absolute web address without user name, blanks or control characters."""
    if not address.isascii() or any(character.isspace() or not character.isprintable() for character in address):
        return False
    try:
        parts = urlsplit(address)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in parts.netloc and port_is_sound


def target_of(*, shop_url: str, product_url: str, product_id: int | None) -> str:
    """Return a link's address in the brand's shop; empty where the brand named none."""
    if product_id is not None and product_url:
        return product_url.replace(PRODUCT_MARK, str(product_id))
    return shop_url
