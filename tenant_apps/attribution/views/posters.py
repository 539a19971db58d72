"""Files about agents and applicants, for the console: certificates, proof images, documents, posters."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.generic import View

from console.brand_pages import BrandPage
from kernel.core import throttling
from tenant_apps.attribution import selectors as attribution
from tenant_apps.attribution.services import posters


class Poster(BrandPage, View):
    permission = "agents.view"
    title = ""

    def get(self, request: HttpRequest, link_id: int) -> HttpResponse:
        throttling.ensure_below_limit("poster", str(request.user.pk), limit=POSTERS_A_MINUTE, window_seconds=60)
        link = attribution.get_link(link_id=link_id)
        address = request.build_absolute_uri(reverse("attribution_public:referral", args=[link.code]))
        # “q” tells scans from clicks.
        poster = posters.poster_of(link, attribution.get_policy(), address=f"{address}?q")
        headers = {"Content-Disposition": f'inline; filename="poster-{link.code}.png"', "Cache-Control": "private"}
        return HttpResponse(posters.render(poster), content_type="image/png", headers=headers)


# What somebody sent is shown as a picture and as nothing else.
POSTERS_A_MINUTE = 120
