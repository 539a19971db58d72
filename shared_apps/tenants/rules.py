"""Rules for names: subdomains, reserved names, look-alikes, own domains, one trial per company."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from kernel.china.pinyin import spell

SCHEMA_PREFIX: Final = "t_"
# Of the texts in templates/tenants/legal: a change of their meaning is a new version, which is asked for anew.
TERMS_VERSION: Final = "2026-11-30"
MIN_SLUG_LENGTH: Final = 3
MAX_SLUG_LENGTH: Final = 32

_FORM = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]\Z")

# Hosts the platform uses or may want, names that lend an appearance of authority, and those of mail and certificates.
RESERVED: Final = frozenset(
    """
    abuse access account accounts admin administrator admins alipay announcement api app apps assets auth autoconfig
    autodiscover backup banyan banyan-help banyan-official beta billing blog board brand brands broadcasthost cdn
    cert certificate chat cloud code community compliance config console contact corp customer dashboard data
    database db debug demo demo-console dev developer developers dns docs domain download downloads edge email en
    errors example faq feedback files finance forum ftp git grafana guest healthz help helpdesk home hooks host
    hostmaster http https id image images imap img info internal invoice isatap jobs kefu legal localdomain
    localhost login logout mail mailer manage management marketing media members metrics mobile monitor monitoring
    mta-sts mx my network news newsletter no-reply noc noreply ns ns0 ns1 ns2 ns3 ns4 oauth office official ops
    owner partner partners pay payment payments phishing platform policy pop pop3 portal postgres postmaster press
    preview pricing privacy private prod production proxy public readyz redis register registration remote reports
    reset robots rongyi root router sale sales sandbox search secure security sentry server service services
    settings shop sign-in sign-up signin signup site sitemap sms smtp sql ssh ssl ssladmin ssladministrator
    sslwebmaster staff stage staging static stats status store stripe subscribe super superuser support sysadmin
    system team tech template tenant tenants terms test testing tls trust update upload uploads usenet user users
    uucp verify vip vpn web webhook webhooks webmail webmaster wechat weixin wiki work wpad ws www www1 www2 www3 xn
    yi zh zz
    """.split()  # noqa: SIM905 - two hundred quoted words would hide them
)

_LETTERS: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "2": "z", "8": "b", "9": "g", "-": ""})
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def skeleton_of(slug: str) -> str:
    """Return the slug's skeleton; slugs with equal skeletons can be confused.

    After the skeletons of Unicode Technical Standard 39, §4, for the 37 characters that a subdomain can have.
    """
    seen = slug.translate(_LETTERS)
    for pair, letter in _PAIRS:
        seen = seen.replace(pair, letter)
    return seen


_RESERVED_SKELETONS: Final = frozenset(skeleton_of(name) for name in RESERVED)


def is_well_formed(slug: str) -> bool:
    """Require 3 to 32 lower-case letters, digits and single hyphens; a letter first, no hyphen last, no punycode."""
    return (
        MIN_SLUG_LENGTH <= len(slug) <= MAX_SLUG_LENGTH
        and _FORM.match(slug) is not None
        and "--" not in slug  # also every name in punycode, xn--…
    )


def slug_candidates(name: str) -> Iterator[str]:
    """Yield well-formed slugs for a brand or company of this name, the plainest first; Chinese by its pinyin."""
    spelt = re.sub(r"[^a-z0-9]", "", spell(name_key(name))).lstrip("0123456789")[: MAX_SLUG_LENGTH - 6]
    if spelt:
        endings = ("", "-brand", "-shop", "-china", "-2", "-3", "-4", "-5", "-6", "-7")
        yield from filter(is_well_formed, (f"{spelt}{ending}" for ending in endings))


def is_reserved(slug: str) -> bool:
    return slug in RESERVED or skeleton_of(slug) in _RESERVED_SKELETONS


def schema_name_of(slug: str) -> str:
    """Return the schema name of a slug. It is unique per slug, since slugs have no underscore."""
    return SCHEMA_PREFIX + slug.replace("-", "_")


def brand_url(slug: str, *, base_domain: str, public_url: str) -> str:
    """Return `http://<slug>.<base_domain>:8000` for a platform reached at `http://<anything>:8000`."""
    parts = urlsplit(public_url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{slug}.{base_domain}{port}"


def brand_language(language: str | None) -> str:
    """Return the brand's default language: that of the sign-up page, Chinese otherwise."""
    return "en" if (language or "").startswith("en") else "zh-hans"


# --- domains of their own --------------------------------------------------------------------------------------------

MAX_DOMAIN_LENGTH: Final = 253
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


class DomainRefused(ValueError):
    """Invalid own domain; `code` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def normalise_domain(text: str, *, base_domain: str) -> str:
    """Return the domain in lower-case ASCII (IDNA), without port, `www.` and trailing dot.

    Raises DomainRefused with `domain_malformed`, `domain_is_an_address`, `domain_is_ours`, `domain_too_general`.
    """
    typed = text.strip().lower()
    host = (urlsplit(typed).hostname or "") if "://" in typed else typed
    host = host.replace("。", ".").rstrip(".")
    if _is_address(host):
        raise DomainRefused("domain_is_an_address")
    try:
        name = host.encode("idna").decode().lower().removeprefix("www.")
    except UnicodeError:
        raise DomainRefused("domain_malformed") from None
    labels = name.split(".")
    if len(name) > MAX_DOMAIN_LENGTH or not all(map(_LABEL.match, labels)) or labels[-1].isdigit():
        raise DomainRefused("domain_malformed")
    if name == base_domain or name.endswith(f".{base_domain}"):
        raise DomainRefused("domain_is_ours")
    if _public_suffixes().is_public(name):
        raise DomainRefused("domain_too_general")
    return name


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1)
def _public_suffixes() -> PublicSuffixList:
    # The package's own copy of Mozilla's list, with private suffixes such as github.io; 60 ms to read.
    return PublicSuffixList()


# --- one trial per mailbox and company -------------------------------------------------------------------------------

GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})
# What one and the same company is written with and without, the longest first.
_LEGAL_FORMS: Final = (
    "有限责任公司",
    "股份有限公司",
    "责任有限公司",
    "有限公司",
    "股份公司",
    "公司",
    "incorporated",
    "corporation",
    "coltd",
    "limited",
    "company",
    "corp",
    "ltd",
    "inc",
    "llc",
    "co",
)


def company_key(*, name: str, credit_code: str) -> str | None:
    """Return the key of a company: its credit code, else `name_key` of its name; None if both are missing."""
    if credit_code:
        return f"code:{credit_code}"
    key = name_key(name)
    return f"name:{key}" if key else None


def name_key(name: str) -> str:
    """Normalise a company's name: width, case, punctuation, spaces and legal form are ignored.

    Cut to 100 letters to fit its column, since one Unicode sign can expand to a whole sentence.
    """
    seen = "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())
    form = next((form for form in _LEGAL_FORMS if seen.endswith(form) and len(seen) >= len(form) + 2), "")
    return seen.removesuffix(form)[:100]


def mailbox_pattern(email: str) -> str:
    """Return a POSIX regular expression that matches all lower-case addresses of the same mailbox.

    A suffix after `+` is ignored, as nearly all providers do. Dots are ignored only at Gmail, which documents it.
    """
    local, _at, domain = email.rpartition("@")
    base = local.partition("+")[0] or local
    if domain in GMAIL:
        letters = [re.escape(letter) for letter in base.replace(".", "")]
        return rf"^{'[.]*'.join(letters)}[.]*([+][^@]*)?@(gmail|googlemail)[.]com$"
    return rf"^{re.escape(base)}([+][^@]*)?@{re.escape(domain)}$"
