"""Import and export the catalogue as a workbook."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Query, Router
from ninja.files import UploadedFile

from kernel.http.pagination import paginate
from kernel.http.permissions import actor_of, requires
from kernel.http.rendering import FastJson, send_file
from kernel.http.schemas import Page
from tenant_apps.catalog.schemas import sheets as schemas
from tenant_apps.catalog.schemas.fields import PageFilters
from tenant_apps.catalog.schemas.products import ExportFilters
from tenant_apps.catalog.selectors.products import list_products
from tenant_apps.catalog.services.sheets import exporting
from tenant_apps.catalog.services.sheets.archive import ensure_archive
from tenant_apps.imports import selectors as imports
from tenant_apps.imports.services import jobs

KIND = "products"

router = Router(tags=["catalog"])


@router.post(
    "/catalog/imports", response={201: schemas.CatalogImportOut}, summary="Upload products and start a dry run"
)
@requires("catalog.edit")
def create_import(
    request: HttpRequest, file: File[UploadedFile], pictures: File[UploadedFile | None] = None
) -> HttpResponse:
    """Send multipart form data: XLSX or CSV of at most 10,000 rows, one per SKU, and optionally a ZIP of the
    pictures it names.
    """
    if pictures is not None:
        ensure_archive(pictures)
    job = jobs.create_import(new=jobs.NewImport(kind=KIND, upload=file, attachment=pictures))
    return FastJson(schemas.import_row(jobs.start_check(job_id=job.pk)), 201)


@router.get("/catalog/imports", response=Page[schemas.CatalogImportOut], summary="List imports of products")
@requires("catalog.edit")
def list_imports(request: HttpRequest, filters: Query[PageFilters]) -> HttpResponse:
    """List imports, newest first."""
    rows, next_cursor = paginate(imports.list_imports(kinds={KIND}), cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.import_row(row) for row in rows], "next_cursor": next_cursor})


@router.get("/catalog/imports/{job_id}", response=schemas.CatalogImportOut, summary="Get an import of products")
@requires("catalog.edit")
def get_import(request: HttpRequest, job_id: int) -> HttpResponse:
    """Return the import with its errors by row, at most a thousand cells."""
    return FastJson(schemas.import_row(imports.get_import(job_id=_known(job_id))))


@router.post(
    "/catalog/imports/{job_id}/commit", response=schemas.CatalogImportOut, summary="Commit an import of products"
)
@requires("catalog.edit")
def commit_import(request: HttpRequest, job_id: int) -> HttpResponse:
    """Write all rows or none. Refused while a row has errors."""
    return FastJson(schemas.import_row(jobs.start_commit(job_id=_known(job_id))))


@router.post("/catalog/imports/{job_id}/cancel", response=schemas.CatalogImportOut, summary="Cancel an import")
@requires("catalog.edit")
def cancel_import(request: HttpRequest, job_id: int) -> HttpResponse:
    """Cancel an import that has not been committed."""
    return FastJson(schemas.import_row(jobs.cancel_import(job_id=_known(job_id))))


@router.get("/catalog/exports/products.xlsx", summary="Download products as a workbook", response={200: None})
@requires("catalog.view")
def export_products(request: HttpRequest, filters: Query[ExportFilters]) -> HttpResponseBase:
    """Return one row per SKU; the file can be imported again. The cost column needs the permission catalog.cost."""
    products = list_products(**filters.model_dump())
    file = exporting.export_products(products=products, with_cost=actor_of(request).may("catalog.cost"))
    return send_file(file, name="products", suffix="xlsx")


@router.get("/catalog/exports/pictures.zip", summary="Download product pictures", response={200: None})
@requires("catalog.view")
def export_pictures(request: HttpRequest, filters: Query[ExportFilters]) -> HttpResponseBase:
    """Return a ZIP of the pictures under the file names used in the workbook."""
    file = exporting.export_pictures(products=list_products(**filters.model_dump()))
    return send_file(file, name="pictures", suffix="zip")


def _known(job_id: int) -> int:
    if not imports.list_imports(kinds={KIND}).filter(pk=job_id).exists():
        raise imports.ImportNotFound
    return job_id
