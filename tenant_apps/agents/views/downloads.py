"""Files about agents and applicants, for the console: certificates, proof images, documents, posters."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.views.generic import View

from console.access import ensure_may
from console.brand_pages import BrandPage
from kernel.files import storage as files
from tenant_apps.agents.selectors import certificates as certificate_reads
from tenant_apps.agents.selectors import files_of_agents as file_reads
from tenant_apps.agents.services import certificates, files_of_agents
from tenant_apps.agents.states import DocumentKind

INERT = "default-src 'none'; sandbox"


class CertificatePdf(BrandPage, View):
    permission = "agents.view"
    title = ""

    def get(self, request: HttpRequest, certificate_id: int) -> HttpResponse:
        certificate = certificate_reads.get_certificate(certificate_id=certificate_id)
        content = certificates.render_pdf(
            certificate=certificate,
            origin=request.build_absolute_uri("/").rstrip("/"),
            language=get_language() or "zh-hans",
        )
        disposition = content_disposition_header(as_attachment=True, filename=f"{certificate.number}.pdf") or ""
        return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})


class Document(BrandPage, View):
    """A document of an agent's file. An ID card needs the permission to see sensitive data, and the look is kept."""

    permission = "agents.view"
    title = ""

    def get(self, request: HttpRequest, agent_id: int, document_id: int) -> FileResponse:
        document = file_reads.get_document(agent_id=agent_id, document_id=document_id)
        if document.kind == DocumentKind.ID_CARD:
            ensure_may(request, "agents.sensitive")
            files_of_agents.record_view(document)
        return FileResponse(
            files.open_file(document.path),
            content_type=document.content_type,
            as_attachment=True,
            filename=document.name,
            headers={
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": INERT,
                "Cache-Control": "no-store",
            },
        )
