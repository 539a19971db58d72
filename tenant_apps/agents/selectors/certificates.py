"""Certificates, and what a consumer may learn about an agent."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kernel.china.phones import normalise_phone
from kernel.core import clock
from kernel.core.codes import normalise_code
from kernel.core.errors import NotFound
from kernel.privacy.masking import mask_name
from tenant_apps.agents.models import Agent, Certificate
from tenant_apps.agents.states import AgentState, AgentStatus

MAX_QUESTION_LENGTH = 60
_NUMBER: Final = re.compile(r"(AC\d{8})(\w+)")
_NO_CHARACTER: Final = re.compile(r"[\W_]+")


class CertificateNotFound(NotFound):
    code = "certificate_not_found"
    title = _("There is no such certificate")


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """The public check's answer about an authorised agent, and nothing more."""

    name: str
    level: str
    region: str
    valid_until: date | None
    number: str  # of the certificate; "" where none was issued
    issued_on: date | None


def get_certificate(*, certificate_id: int) -> Certificate:
    """With its agent. Raises CertificateNotFound."""
    certificate = _with_agent().filter(id=certificate_id).first()
    if certificate is None:
        raise CertificateNotFound
    return certificate


def get_valid(*, agent_id: int) -> Certificate | None:
    """The agent's certificate that is not revoked."""
    return Certificate.objects.select_related("agent").filter(agent_id=agent_id, revoked_at=None).first()


def list_certificates(*, agent_id: int) -> QuerySet[Certificate]:
    """An agent's certificates, the newest first."""
    return Certificate.objects.filter(agent_id=agent_id).order_by("-id")


def check_address(certificate: Certificate, origin: str) -> str:
    """Return the address of the certificate's QR code."""
    return f"{origin}/verify/?q={quote(certificate.number)}"


def check(*, question: str, as_of: date) -> PublicAnswer | None:
    """Find an authorised agent by certificate number, phone number or WeChat id.

    None for everything else: unknown, frozen, expired, ended and revoked cannot be told apart.
    """
    text = question.strip()[:MAX_QUESTION_LENGTH]
    if not text or "\x00" in text:
        return None
    certificate = _with_agent().filter(number=_read_number(text), revoked_at=None).first()
    if certificate is not None:
        return _answer(certificate.agent, certificate, as_of)
    for agent in _agents_like(text):
        if answer := check_agent(agent=agent, as_of=as_of):
            return answer
    return None


def _read_number(text: str) -> str:
    """Return a certificate number as it is kept, whatever stands where its dash should be."""
    code = normalise_code(unicodedata.normalize("NFKC", text))
    parts = _NUMBER.fullmatch(_NO_CHARACTER.sub("", code))
    return "-".join(parts.groups()) if parts else code


def check_agent(*, agent: Agent, as_of: date) -> PublicAnswer | None:
    """Return the public answer about this agent; None where it is not authorised. The level must be loaded."""
    held = list(agent.certificates.order_by("-id")[:1])
    # Who was ever certified is authorised only while the newest certificate stands.
    if held and held[0].revoked_at is not None:
        return None
    return _answer(agent, held[0] if held else None, as_of)


def _agents_like(text: str) -> list[Agent]:
    which = Q(wechat_id=text.lower())
    with suppress(ValueError):  # no phone number: it may be a WeChat id all the same
        which |= Q(phone=normalise_phone(text))
    agents = Agent.objects.select_related("level").defer("id_number", "bank_card")
    return list(agents.filter(which, state=AgentState.ACTIVE).order_by("id")[:5])


def _answer(agent: Agent, certificate: Certificate | None, as_of: date) -> PublicAnswer | None:
    if agent.status(as_of) != AgentStatus.ACTIVE:
        return None
    if certificate is None:
        return PublicAnswer(mask_name(agent.name), agent.level.name, agent.region, agent.valid_until, "", None)
    if not certificate.valid_from <= as_of <= (certificate.valid_until or as_of):
        return None
    return PublicAnswer(
        mask_name(agent.name),
        certificate.level_name,
        certificate.region,
        certificate.valid_until,
        certificate.number,
        clock.business_date(certificate.issued_at),
    )


def _with_agent() -> QuerySet[Certificate]:
    return Certificate.objects.select_related("agent__level").defer("agent__id_number", "agent__bank_card")
