"""Files about agents and applicants, for the console: certificates, proof images, documents, posters."""

from django.http import FileResponse, HttpRequest
from django.views.generic import View

from console.brand_pages import BrandPage
from kernel.files import storage as files
from kernel.files.images import content_type_of
from tenant_apps.recruiting.selectors import applications as reads

INERT = "default-src 'none'; sandbox"


class Proof(BrandPage, View):
    permission = "agents.view"
    title = ""

    def get(self, request: HttpRequest, application_id: int, proof_id: int) -> FileResponse:
        proof = reads.get_proof(application_id=application_id, proof_id=proof_id)
        return FileResponse(
            files.open_file(proof.path),
            content_type=content_type_of(proof.path),
            headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": INERT},
        )
