"""The page of a job on many parcels, and what it made."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from console.brand_pages import BrandPage
from kernel.http.downloads import send_file
from tenant_apps.shipping.services import jobs
from tenant_apps.shipping.states import JobState


class JobPage(BrandPage, TemplateView):
    """Progress of a job; the page asks anew while it runs."""

    permission = "orders.ship"
    title = _("Work on many parcels")
    template_name = "shipping/console/job.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        job = jobs.get_job(job_id=int(str(kwargs["job_id"])))
        return super().get_context_data(
            job=job,
            runner=jobs.get_runner(job.kind),
            is_running=job.state == JobState.RUNNING,
            succeeded=job.done - len(job.refusals),
            **kwargs,
        )


class JobFile(BrandPage, View):
    permission = "orders.ship"
    title = _("Work on many parcels")

    def get(self, request: HttpRequest, job_id: int) -> HttpResponseBase:
        job = jobs.get_job(job_id=job_id)
        name = f"{job.kind}-{job.pk}.pdf"
        return send_file(jobs.open_result(job=job), name=name, content_type="application/pdf")
