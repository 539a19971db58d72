"""Files about agents and applicants, for the console: certificates, proof images, documents, posters."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.views.generic import View

from console.access import ensure_may
from kernel.core import throttling
from kernel.files import storage as files
from kernel.files.images import content_type_of
from tenant_apps.agents.selectors import applications as reads
from tenant_apps.agents.selectors import attribution
from tenant_apps.agents.selectors import certificates as certificate_reads
from tenant_apps.agents.selectors import files_of_agents as file_reads
from tenant_apps.agents.services import certificates, files_of_agents, posters
from tenant_apps.agents.states import DocumentKind
from tenant_apps.agents.views.network_page import NetworkPage

# What somebody sent is shown as a picture and as nothing else.
POSTERS_A_MINUTE = 120
INERT = "default-src 'none'; sandbox"


class CertificatePdf(NetworkPage, View):
    """A certificate as a page to print, in the reader's language."""

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


class Proof(NetworkPage, View):
    """An image an applicant sent along."""

    permission = "agents.view"
    title = ""

    def get(self, request: HttpRequest, application_id: int, proof_id: int) -> FileResponse:
        proof = reads.get_proof(application_id=application_id, proof_id=proof_id)
        return FileResponse(
            files.open_file(proof.path),
            content_type=content_type_of(proof.path),
            headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": INERT},
        )


class Document(NetworkPage, View):
    """A document of an agent's file. An ID card needs the permission to see sensitive data, and the look is kept."""

    permission = "agents.view"
    title = ""

    def get(self, request: HttpRequest, agent_id: int, document_id: int) -> FileResponse:
        document = file_reads.get_document(agent_id=agent_id, document_id=document_id)
        if document.kind == DocumentKind.ID_CARD:
            ensure_may(request, "agents.sensitive")
            files_of_agents.note_seen(document)
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


class Poster(NetworkPage, View):
    """The poster of a link, to be saved and sent."""

    permission = "agents.view"
    title = ""

    def get(self, request: HttpRequest, link_id: int) -> HttpResponse:
        throttling.refuse_beyond("poster", str(request.user.pk), limit=POSTERS_A_MINUTE, window_seconds=60)
        link = attribution.get_link(link_id=link_id)
        address = request.build_absolute_uri(reverse("agents_public:referral", args=[link.code]))
        # “q” tells scans from clicks.
        poster = posters.poster_of(link, attribution.get_policy(), address=f"{address}?q")
        headers = {"Content-Disposition": f'inline; filename="poster-{link.code}.png"', "Cache-Control": "private"}
        return HttpResponse(posters.render(poster), content_type="image/png", headers=headers)
