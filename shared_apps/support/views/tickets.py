"""A brand's support pages: its adviser, its tickets, asking and answering back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View

from console.actions import show_refusal
from console.sites import brand_site
from console.views import ConsolePageMixin
from kernel.core import clock
from kernel.core.errors import DomainError
from kernel.files import storage as files
from kernel.tenancy.context import current_brand, public_schema
from shared_apps.support import rules
from shared_apps.support.models import Ticket, TicketFile
from shared_apps.support.selectors import advice
from shared_apps.support.selectors import tickets as selectors
from shared_apps.support.services import tickets
from shared_apps.support.views.ticket_forms import QuestionForm, ReplyForm

ASK = "support.ask"
TICKETS_PER_PAGE = 50


class SupportPage(ConsolePageMixin, TemplateView):
    site = brand_site
    permission = ASK
    title = _("Support")
    template_name = "support/tickets.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        brand_id = current_brand().pk
        before = self.request.GET.get("before", "")
        with public_schema():
            found = selectors.list_tickets(brand_id=brand_id)
            if before.isdecimal() and len(before) < 19:
                found = found.filter(pk__lt=int(before))
            rows = list(found[: TICKETS_PER_PAGE + 1])
        more = rows[TICKETS_PER_PAGE - 1].pk if len(rows) > TICKETS_PER_PAGE else None
        adviser = advice.get_adviser(brand_id=brand_id)
        return super().get_context_data(
            **{
                **kwargs,
                "tickets": rows[:TICKETS_PER_PAGE],
                "more": more,
                "adviser": adviser,
                "may_grant": self.request.user.has_perm("support.grant"),
                "zone": clock.brand_zone(),
            }
        )


class NewTicketPage(ConsolePageMixin, FormView[QuestionForm]):
    """Ask. `page` and `request_id` in the address come from the page the link stood on."""

    site = brand_site
    permission = ASK
    title = _("Ask support")
    template_name = "support/ticket_new.html"
    form_class = QuestionForm

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET
        return {
            "page": rules.page_asked_from(asked.get("page", "")),
            "request_id": rules.clean_request_id(asked.get("request_id", "")),
        }

    def form_valid(self, form: QuestionForm) -> HttpResponse:
        filled = form.cleaned_data
        question = tickets.NewQuestion(
            subject=filled["subject"],
            body=filled["body"],
            page=filled["page"],
            request_id=filled["request_id"],
            files=form.uploads(),
        )
        try:
            ticket = tickets.open_ticket(brand_id=current_brand().pk, question=question, now=clock.now())
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, gettext("We have your question %(number)s.") % {"number": ticket.number})
        return redirect("support:ticket", number=ticket.number)


class TicketPage(ConsolePageMixin, FormView[ReplyForm]):
    """A conversation. `action` is close, reopen, or a reply."""

    site = brand_site
    permission = ASK
    title = _("Support")
    template_name = "support/ticket.html"
    form_class = ReplyForm

    def _ticket(self) -> Ticket:
        brand_id = current_brand().pk
        with public_schema():
            ticket = selectors.get_ticket(number=self.kwargs["number"], brand_id=brand_id)
        if ticket is None:
            raise Http404
        return ticket

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        ticket = self._ticket()
        with public_schema():
            said = selectors.list_messages(ticket_id=ticket.pk)
        more = {"ticket": ticket, "said": said, "own_side": "brand", "zone": clock.brand_zone()}
        return super().get_context_data(**{**kwargs, **more, "title": f"{ticket.number} · {ticket.subject}"})

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        number = self._ticket().number
        brand_id = current_brand().pk
        now = clock.now()
        if request.POST.get("action") == "close":
            tickets.close_ticket(number=number, brand_id=brand_id, now=now)
        elif request.POST.get("action") == "reopen":
            tickets.reopen_ticket(number=number, brand_id=brand_id, now=now)
        else:
            return super().post(request, *args, **kwargs)
        return redirect("support:ticket", number=number)

    def form_valid(self, form: ReplyForm) -> HttpResponse:
        number = self.kwargs["number"]
        try:
            tickets.ask_again(
                brand_id=current_brand().pk,
                number=number,
                body=form.cleaned_data["body"],
                files=form.uploads(),
                now=clock.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        return redirect("support:ticket", number=number)


class TicketFilePage(ConsolePageMixin, View):
    site = brand_site
    permission = ASK
    title = ""

    def get(self, request: HttpRequest, file_id: int) -> HttpResponse:
        brand_id = current_brand().pk
        with public_schema():
            found = selectors.get_file(file_id=file_id, brand_id=brand_id)
        return hand_out(found)


def hand_out(found: TicketFile | None) -> HttpResponse:
    """The file (5 MB at most) as something to save, never as a page of ours. Raises Http404."""
    if found is None:
        raise Http404
    with public_schema():
        try:
            with files.open_file(found.path) as stored:
                response = HttpResponse(stored.read(), content_type=found.content_type)
        except FileNotFoundError:
            raise Http404 from None
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
