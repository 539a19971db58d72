"""Applications and their review over HTTP."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.files import storage as files
from kernel.files.images import content_type_of
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import Page
from tenant_apps.recruiting import schemas
from tenant_apps.recruiting.models import ConsentText, RecruitingPage
from tenant_apps.recruiting.selectors import applications as reads
from tenant_apps.recruiting.services import applications, page

router = Router(tags=["agent applications"])


@router.get("/recruiting-page", response=schemas.RecruitingPageOut, summary="Get the application page")
@requires("agents.view")
def get_page(request: HttpRequest) -> RecruitingPage:
    """The page itself is at `/join/`."""
    return reads.get_recruiting_page()


@router.patch("/recruiting-page", response=schemas.RecruitingPageOut, summary="Change the application page")
@requires("agents.edit")
def change_page(request: HttpRequest, payload: schemas.RecruitingPageIn) -> RecruitingPage:
    """Only the fields given change."""
    return page.change_page(**payload.model_dump(exclude_unset=True))


@router.get("/recruiting-page/consents", response=schemas.ConsentsOut, summary="List consent texts")
@requires("agents.view")
def list_consents(request: HttpRequest) -> dict[str, Any]:
    """All versions, the one in force first."""
    return {"items": list(reads.list_consents())}


@router.post("/recruiting-page/consents", response={201: schemas.ConsentOut}, summary="Publish a consent text")
@requires("agents.approve")
def publish_consent(request: HttpRequest, payload: schemas.ConsentIn) -> Status[ConsentText]:
    """A published text is never changed."""
    return Status(201, page.publish_consent(**payload.model_dump(), now=clock.now()))


@router.get("/agent-applications", response=Page[schemas.ApplicationRow], summary="List applications")
@requires("agents.view")
def list_applications(request: HttpRequest, filters: Query[schemas.ApplicationFilters]) -> HttpResponse:
    """Newest first, phone numbers masked."""
    found = reads.list_applications(state=filters.state or "", search=filters.search, referrer_id=filters.referrer_id)
    rows, next_cursor = paginate(found, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.application_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/agent-applications/{application_id}", response=schemas.ApplicationOut, summary="Get an application")
@requires("agents.view")
def get_application(request: HttpRequest, application_id: int) -> dict[str, Any]:
    """With the agents and applications that may be the same person."""
    application = reads.get_application(application_id=application_id)
    return schemas.application_detail(application, reads.list_duplicates(application=application))


@router.get(
    "/agent-applications/{application_id}/proofs/{proof_id}", response={200: None}, summary="Download a proof image"
)
@requires("agents.view")
def get_proof(request: HttpRequest, application_id: int, proof_id: int) -> HttpResponse:
    """The image as it was written anew."""
    proof = reads.get_proof(application_id=application_id, proof_id=proof_id)
    with files.open_file(proof.path) as image:
        return HttpResponse(image.read(), content_type=content_type_of(proof.path))


@router.post(
    "/agent-applications/{application_id}/approve", response=schemas.ApprovedOut, summary="Approve an application"
)
@requires("agents.approve")
def approve(request: HttpRequest, application_id: int, payload: schemas.ApprovalIn) -> dict[str, Any]:
    """Makes the agent, the login and the term, all or nothing."""
    done = applications.approve_application(
        application_id=application_id,
        decision=applications.Decision(**payload.model_dump()),
        origin=request.build_absolute_uri("/").rstrip("/"),
        now=clock.now(),
    )
    return schemas.approved(done)


@router.post(
    "/agent-applications/{application_id}/reject", response=schemas.ApplicationOut, summary="Reject an application"
)
@requires("agents.approve")
def reject(request: HttpRequest, application_id: int, payload: schemas.RejectionIn) -> dict[str, Any]:
    """The applicant sees reason and note, and may apply again after the days the page says."""
    applications.reject_application(application_id=application_id, now=clock.now(), **payload.model_dump())
    application = reads.get_application(application_id=application_id)
    return schemas.application_detail(application, reads.list_duplicates(application=application))
