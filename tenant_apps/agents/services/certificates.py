"""Authorisation certificates (授权证书): issued, issued anew, revoked."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.codes import make_code
from kernel.core.errors import Conflict, ReasonMissing
from kernel.core.integrity import refine_integrity_error
from kernel.database.rows import write_changes
from kernel.tenancy.actors import current_actor
from tenant_apps.agents.models import Agent, Certificate
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import certificates as reads
from tenant_apps.agents.services import certificate_sheet
from tenant_apps.agents.services.recording import record
from tenant_apps.agents.states import AgentStatus

_RANDOM_LENGTH: Final = 10


class NoCertificate(Conflict):
    code = "no_certificate_possible"
    title = _("Only an active agent within the contract gets a certificate")


class CertificateValidAlready(Conflict):
    code = "certificate_valid_already"
    title = _("The agent has a valid certificate: revoke it or issue it anew")


class CertificateRevoked(Conflict):
    code = "certificate_revoked"
    title = _("The certificate is revoked already")


_ONE_VALID = {"agents_certificate_one_valid": CertificateValidAlready}


@transaction.atomic
def issue(*, agent_id: int, now: datetime) -> Certificate:
    """Certify what the agent is today: level, region, and until when. One is valid at a time.

    Raises AgentNotFound, NoCertificate, CertificateValidAlready.
    """
    agent = _lock(agent_id)
    today = clock.business_date(now)
    if agent.status(today) != AgentStatus.ACTIVE:
        raise NoCertificate
    certificate = Certificate(
        # The random part keeps anybody from finding certificates by counting.
        number=f"AC{today:%Y%m%d}-{make_code(_RANDOM_LENGTH)}",
        agent=agent,
        level_name=agent.level.name,
        region=agent.region,
        valid_from=today,
        valid_until=agent.valid_until,
        issued_by=current_actor().label[:200],
        issued_at=now,
    )
    with refine_integrity_error(_ONE_VALID), transaction.atomic():
        certificate.save(force_insert=True)
    record("certified", agent, after={"certificate": certificate.number, "valid_until": certificate.valid_until})
    return certificate


@transaction.atomic
def revoke(*, certificate_id: int, reason: str, now: datetime) -> Certificate:
    """Take the certificate back: the public check no longer knows it. Raises CertificateNotFound,
    CertificateRevoked, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing(field="reason")
    certificate = Certificate.objects.select_for_update(no_key=True, of=("self",)).filter(id=certificate_id).first()
    if certificate is None:
        raise reads.CertificateNotFound
    if certificate.revoked_at is not None:
        raise CertificateRevoked
    _revoke(certificate, reason, now)
    return certificate


@transaction.atomic
def reissue(*, agent_id: int, because: str, now: datetime) -> Certificate | None:
    """Replace the valid certificate by one of today's level, region and term; None where the agent has none.

    Whoever may have none any more (frozen, expired, ended) only loses it. Raises AgentNotFound.
    """
    valid = reads.get_valid(agent_id=agent_id)
    if valid is None:
        return None
    agent = _lock(agent_id)
    _revoke(valid, because, now)
    if agent.status(clock.business_date(now)) != AgentStatus.ACTIVE:
        return None
    return issue(agent_id=agent_id, now=now)


def reissue_many(*, agent_ids: Collection[int], because: str, now: datetime) -> int:
    """The same for those of many agents who have a valid certificate; returns how many."""
    held = Certificate.objects.filter(agent_id__in=agent_ids, revoked_at=None).order_by("agent_id")
    certified = list(held.values_list("agent_id", flat=True))
    for agent_id in certified:
        reissue(agent_id=agent_id, because=because, now=now)
    return len(certified)


def render_pdf(*, certificate: Certificate, origin: str, language: str) -> bytes:
    """The certificate as a page (A4, landscape), in `zh-hans` or `en`. `origin`: the brand's address, for the QR."""
    address = reads.check_address(certificate, origin)
    return certificate_sheet.draw(certificate, check_address=address, language=language)


def _revoke(certificate: Certificate, reason: str, now: datetime) -> None:
    write_changes(certificate, {"revoked_at": now, "revoked_because": reason.strip()[:300]})
    record("certificate_revoked", certificate.agent, after={"certificate": certificate.number, "reason": reason})


def _lock(agent_id: int) -> Agent:
    locked = Agent.objects.select_for_update(no_key=True, of=("self",)).select_related("level")
    agent = locked.defer("id_number", "bank_card").filter(id=agent_id).first()
    if agent is None:
        raise selectors.AgentNotFound
    return agent
