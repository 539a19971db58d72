"""Certificates over HTTP."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from kernel.core import clock
from kernel.http.permissions import requires
from tenant_apps.agents.schemas import certificates as schemas
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.selectors import certificates as reads
from tenant_apps.agents.services import certificates, logins

router = Router(tags=["agent certificates"])


@router.get("/agents/{agent_id}/certificates", response=schemas.CertificatesOut, summary="List an agent's certificates")
@requires("agents.view")
def list_certificates(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """The newest first; at most one is valid."""
    selectors.get_agent(agent_id=agent_id)
    return {"items": [schemas.certificate_row(row) for row in reads.list_certificates(agent_id=agent_id)]}


@router.post("/agents/{agent_id}/certificates", response={201: schemas.CertificateOut}, summary="Issue a certificate")
@requires("agents.approve")
def issue(request: HttpRequest, agent_id: int) -> Status[dict[str, Any]]:
    """For an active agent within the contract, one at a time."""
    return Status(201, schemas.certificate_row(certificates.issue(agent_id=agent_id, now=clock.now())))


@router.post(
    "/agent-certificates/{certificate_id}/revoke", response=schemas.CertificateOut, summary="Revoke a certificate"
)
@requires("agents.approve")
def revoke(request: HttpRequest, certificate_id: int, payload: schemas.RevocationIn) -> dict[str, Any]:
    """The public check no longer knows it."""
    done = certificates.revoke(certificate_id=certificate_id, reason=payload.reason, now=clock.now())
    return schemas.certificate_row(done)


@router.get("/agent-certificates/{certificate_id}/pdf", response={200: None}, summary="A certificate as PDF")
@requires("agents.view")
def get_pdf(request: HttpRequest, certificate_id: int, language: Literal["zh-hans", "en"] = "zh-hans") -> HttpResponse:
    """One page, A4 landscape, with a QR code that leads to the public check."""
    certificate = reads.get_certificate(certificate_id=certificate_id)
    origin = request.build_absolute_uri("/").rstrip("/")
    pdf = certificates.render_pdf(certificate=certificate, origin=origin, language=language)
    headers = {"Content-Disposition": f'inline; filename="{certificate.number}.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@router.post("/agents/{agent_id}/welcome", response=schemas.WelcomeOut, summary="Resend an agent's invitation")
@requires("agents.approve")
def resend_invitation(request: HttpRequest, agent_id: int) -> dict[str, Any]:
    """Earlier links stop working; this one works once, for seven days."""
    origin = request.build_absolute_uri("/").rstrip("/")
    return {"message": logins.resend_invitation(agent_id=agent_id, origin=origin, now=clock.now())}
