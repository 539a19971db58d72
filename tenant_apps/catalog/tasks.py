"""Background work of the catalogue: imports."""

from kernel.core import clock
from kernel.tenancy.tasks import brand_task, for_each_ready_brand, public_task
from tenant_apps.catalog.services.sheets import running


@brand_task(name="catalog.run_import")
def run_import(job_id: int) -> None:
    """Do the dry run or the commit that the job's state asks for."""
    running.run(job_id=job_id, now=clock.now())


@brand_task(name="catalog.resume_imports")
def resume_imports() -> None:
    """Queue the imports again whose worker died."""
    for job_id in running.stalled_imports(now=clock.now()):
        run_import.delay(job_id)


@public_task(name="catalog.resume_imports_everywhere")
def resume_imports_everywhere() -> int:
    """Look into every ready brand; returns how many."""
    return for_each_ready_brand(resume_imports)
