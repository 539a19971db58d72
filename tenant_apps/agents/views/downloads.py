"""Files about agents and applicants, for the console: certificates as PDF, proof images."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.views.generic import View

from kernel import files
from kernel.images import content_type_of
from tenant_apps.agents.selectors import applications as reads
from tenant_apps.agents.selectors import certificates as certificate_reads
from tenant_apps.agents.services import certificates
from tenant_apps.agents.views.network_page import NetworkPage

# What somebody sent is shown as a picture and as nothing else.
INERT = "default-src 'none'; sandbox"


class CertificatePdf(NetworkPage, View):
    """A certificate as a page to print, in the reader's language."""

    permission, title = "agents.view", ""

    def get(self, request: HttpRequest, certificate_id: int) -> HttpResponse:
        certificate = certificate_reads.get_certificate(certificate_id=certificate_id)
        content = certificates.render_pdf(
            certificate=certificate,
            origin=request.build_absolute_uri("/").rstrip("/"),
            language=get_language() or "zh-hans",
        )
        disposition = content_disposition_header(as_attachment=True, filename=f"{certificate.number}.pdf") or ""
        return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})


class Proof(NetworkPage, View):
    """An image an applicant sent along."""

    permission, title = "agents.view", ""

    def get(self, request: HttpRequest, application_id: int, proof_id: int) -> FileResponse:
        proof = reads.get_proof(application_id=application_id, proof_id=proof_id)
        return FileResponse(
            files.open_file(proof.path),
            content_type=content_type_of(proof.path),
            headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": INERT},
        )
