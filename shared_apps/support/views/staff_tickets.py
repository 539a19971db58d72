"""A ticket as staff sees it: the conversation, internal notes, who looks after it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, View

from console.access import ensure_may
from console.actions import dress_field, show_refusal
from console.sites import platform_site
from console.views import ConsolePageMixin
from kernel.core import clock
from kernel.core.errors import DomainError
from shared_apps.accounts import selectors as accounts
from shared_apps.support.models import Ticket
from shared_apps.support.selectors import advice
from shared_apps.support.selectors import tickets as selectors
from shared_apps.support.services import tickets
from shared_apps.support.views.ticket_forms import AnswerForm
from shared_apps.support.views.tickets import hand_out

ANSWER = "support.answer"


class AssignForm(forms.Form):
    """Assignee; may be nobody."""

    staff_id = forms.TypedChoiceField(label=_("Looked after by"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["staff_id"]
        dress_field(choice)
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [
                ("", _("Unassigned")),
                *[(str(person.pk), person.name) for person in accounts.list_staff_who_may(ANSWER)],
            ]


class StaffTicketPage(ConsolePageMixin, FormView[AnswerForm]):
    """Read it (`support.view`); with `support.answer` also answer, note, assign, close and open again."""

    site = platform_site
    permission = "support.view"
    title = _("Ticket")
    template_name = "support/staff_ticket.html"
    form_class = AnswerForm

    def _ticket(self) -> Ticket:
        ticket = selectors.get_ticket(number=self.kwargs["number"])
        if ticket is None:
            raise Http404
        return ticket

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        ticket = self._ticket()
        more = {
            "ticket": ticket,
            "said": selectors.list_messages(ticket_id=ticket.pk, with_internal=True),
            "own_side": "staff",
            "adviser": advice.get_adviser(brand_id=ticket.brand_id),
            "may_answer": self.request.user.has_perm(ANSWER),
            "assign_form": AssignForm(initial={"staff_id": ticket.assigned_to_id}),
            "title": f"{ticket.number} · {ticket.subject}",
        }
        return super().get_context_data(**{**kwargs, **more})

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        ensure_may(request, ANSWER)
        number = self._ticket().number
        action = request.POST.get("action", "answer")
        if action == "answer":
            return super().post(request, *args, **kwargs)
        try:
            if action == "close":
                tickets.close_ticket(number=number, now=clock.now())
            elif action == "reopen":
                tickets.reopen_ticket(number=number, now=clock.now())
            elif action == "assign":
                form = AssignForm(request.POST)
                if form.is_valid():
                    tickets.assign_ticket(number=number, staff_id=form.cleaned_data["staff_id"])
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect("support:ticket", number=number)

    def form_valid(self, form: AnswerForm) -> HttpResponse:
        number = self.kwargs["number"]
        filled = form.cleaned_data
        try:
            tickets.answer_ticket(
                number=number,
                body=filled["body"],
                files=form.uploads(),
                is_internal=filled["is_internal"],
                now=clock.now(),
            )
        except DomainError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        return redirect("support:ticket", number=number)


class StaffTicketFilePage(ConsolePageMixin, View):
    site = platform_site
    permission = "support.view"
    title = ""

    def get(self, request: HttpRequest, file_id: int) -> HttpResponse:
        return hand_out(selectors.get_file(file_id=file_id))
