"""Page of one's follow-ups, the most urgent first."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from console.sites import platform_site
from console.views import ConsolePageMixin
from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.support.selectors import advice as selectors
from shared_apps.support.services import advice

MAX_SHOWN = 200


class FollowUpsPage(ConsolePageMixin, TemplateView):
    """One's own (`?who=all`: everybody's); a post notes that one is done."""

    site = platform_site
    permission = "support.advise"
    title = _("Follow-ups")
    template_name = "support/follow_ups.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        everybody = self.request.GET.get("who") == "all"
        today = clock.business_date(clock.now())
        staff_id = None if everybody else self.request.user.pk
        rows = list(selectors.list_follow_ups(today=today, staff_id=staff_id)[:MAX_SHOWN])
        done = list(selectors.list_follow_ups(today=today, staff_id=staff_id, done=True)[:20])
        more = {"rows": rows, "done": done, "everybody": everybody, "today": today}
        return super().get_context_data(**{**kwargs, **more})

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = request.POST.get("follow_up", "")
        try:
            if not wanted.isdecimal() or len(wanted) > 18:
                raise advice.FollowUpNotFound
            advice.finish_follow_up(follow_up_id=int(wanted), outcome=request.POST.get("outcome", ""), now=clock.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect(request.get_full_path())
