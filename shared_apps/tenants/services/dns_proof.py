"""Prove by DNS that a brand controls a domain."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings
from django.utils.translation import gettext

TXT_LABEL: Final = "_banyan"
TXT_PREFIX: Final = "banyan-verify="
SECONDS_PER_TRY: Final = 2.0
SECONDS_IN_ALL: Final = 5.0
DNS_PORT: Final = 53
_MAX_SHOWN: Final = 80


@dataclass(frozen=True)
class Proof:
    """Result. `method` is TXT, CNAME, or empty without proof; `answer` is the explanation in the current language.

    `conclusive` is False when the DNS could not be queried.
    """

    method: str
    answer: str
    conclusive: bool = True


@dataclass(frozen=True)
class _Found:
    values: tuple[str, ...] = ()
    trouble: str = ""
    conclusive: bool = True


def look_for_proof(*, domain: str, token: str, target: str) -> Proof:
    """Look for a TXT record `_banyan.<domain>` with the token, or a CNAME to `target`. At most 15 seconds."""
    name = f"{TXT_LABEL}.{domain}"
    text = _ask(name, "TXT")
    if f"{TXT_PREFIX}{token}" in text.values:
        return Proof("TXT", gettext("The TXT record of %(name)s is right.") % {"name": name})
    told = [_describe(name, "TXT", text)]
    conclusive = text.conclusive
    # `www.` leads to the same brand as the name behind it, and that name itself often cannot be an alias.
    for host in (domain, f"www.{domain}"):
        alias = _ask(host, "CNAME")
        if target in alias.values:
            return Proof("CNAME", gettext("%(domain)s is a CNAME of %(target)s.") % {"domain": host, "target": target})
        told.append(_describe(host, "CNAME", alias))
        conclusive = conclusive and alias.conclusive
    return Proof("", " ".join(told[:2])[:300], conclusive)


def _ask(name: str, kind: str) -> _Found:
    refusals: dict[type[Exception], Callable[[], _Found]] = {
        dns.resolver.NXDOMAIN: lambda: _Found(trouble=gettext("there is no such name")),
        dns.resolver.NoAnswer: lambda: _Found(trouble=gettext("there is no such record")),
        dns.resolver.NoNameservers: lambda: _Found(trouble=gettext("its name servers fail"), conclusive=False),
        dns.resolver.LifetimeTimeout: lambda: _Found(trouble=gettext("no answer in time"), conclusive=False),
    }
    try:
        answer = _resolver().resolve(name, kind, search=False)
    except tuple(refusals) as refusal:
        return refusals[type(refusal)]()
    except dns.exception.DNSException as error:  # such as an answer that cannot be read
        return _Found(trouble=type(error).__name__, conclusive=False)
    if kind == "TXT":
        return _Found(tuple(b"".join(record.strings).decode(errors="replace").strip() for record in answer))
    return _Found(tuple(str(record.target).rstrip(".").lower() for record in answer))


def _describe(name: str, kind: str, found: _Found) -> str:
    said = found.trouble or ", ".join(f"“{value[:_MAX_SHOWN]}”" for value in found.values[:2])
    return f"{kind} {name}: {said}."


def _resolver() -> dns.resolver.Resolver:
    """Return the configured or the system's resolvers, without a cache, which would hide new records."""
    given: list[str] = settings.DNS_RESOLVERS
    resolver = dns.resolver.Resolver(configure=not given)
    if given:
        resolver.nameservers = [_server(place) for place in given]
    resolver.timeout = SECONDS_PER_TRY
    resolver.lifetime = SECONDS_IN_ALL
    return resolver


def _server(place: str) -> dns.nameserver.Nameserver:
    address, colon, port = place.rpartition(":")
    if not colon or (":" in address and not address.startswith("[")):
        return dns.nameserver.Do53Nameserver(place.strip("[]"), DNS_PORT)
    return dns.nameserver.Do53Nameserver(address.strip("[]"), int(port))
