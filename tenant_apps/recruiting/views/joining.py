"""The public pages on which somebody asks to become an agent, and sees what came of it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from kernel.core import clock, throttling
from kernel.core.errors import DomainError
from kernel.files import storage as files
from kernel.files.images import content_type_of
from kernel.privacy.masking import mask_name
from kernel.tenancy.context import current_brand
from kernel.tenancy.origin import current_origin
from tenant_apps.agents.selectors.agents import Agent, get_recruiter
from tenant_apps.attribution import selectors as attribution
from tenant_apps.recruiting.models import Application
from tenant_apps.recruiting.selectors import applications as reads
from tenant_apps.recruiting.services import applications
from tenant_apps.recruiting.states import ApplicationState
from tenant_apps.recruiting.views.forms import CompleteForm, JoinForm, channels

_APPLICATIONS_AN_HOUR = 10
_CHANGES_AN_HOUR = 30


def ensure_not_too_often(what: str, *, limit: int, seconds: int) -> None:
    """Raises TooManyRequests when one network address comes too often."""
    throttling.ensure_below_limit(what, current_origin().ip_address or "?", limit=limit, window_seconds=seconds)


def _find_referral(request: HttpRequest) -> attribution.Referral | None:
    return attribution.find_visitors_referral(
        parameter=request.GET.get(attribution.REFERRAL_PARAMETER, ""),
        cookie=request.COOKIES.get(attribution.REFERRAL_COOKIE, ""),
        as_of=clock.business_date(clock.now()),
    )


@method_decorator([never_cache, sensitive_post_parameters("id_number", "phone", "wechat_id")], name="dispatch")
class JoinPage(View):
    """The application form; below an agent's code that agent has referred the applicant."""

    def get(self, request: HttpRequest, code: str = "") -> HttpResponse:
        referrer = self._referrer(code)
        if code and referrer is None:
            return redirect(
                "recruiting_public:join"
            )  # a code that recruits nobody any more must not cost the applicant
        led = None if code else _find_referral(request)
        if led is not None and self._referrer(led.agent.code):
            return redirect("recruiting_public:join_by", code=led.agent.referral_code)
        return self._show(request, self._form(None), referrer)

    def post(self, request: HttpRequest, code: str = "") -> HttpResponse:
        """Write the application down and lead to the applicant's own link."""
        referrer = self._referrer(code)
        form = self._form(request)
        if not form.is_valid():
            return self._show(request, form, referrer, status=422)
        try:
            ensure_not_too_often("join", limit=_APPLICATIONS_AN_HOUR, seconds=3_600)
            application, secret = applications.submit_application(
                new=form.application(referral_code=referrer.code if referrer else ""),
                uploads=form.cleaned_data["proofs"],
                now=clock.now(),
            )
        except DomainError as refusal:
            form.show(refusal)
            return self._show(request, form, referrer, status=refusal.status)
        return redirect("recruiting_public:application", number=application.number, secret=secret)

    @staticmethod
    def _referrer(code: str) -> Agent | None:
        return get_recruiter(code=code, as_of=clock.business_date(clock.now())) if code else None

    @staticmethod
    def _form(request: HttpRequest | None) -> JoinForm:
        page = reads.get_recruiting_page()
        asks = {"asks_id_number": page.asks_id_number, "asks_proof": page.asks_proof}
        if request is None:
            return JoinForm(initial={"consent_version": reads.get_consent().version}, **asks)
        return JoinForm(request.POST, request.FILES, **asks)

    @staticmethod
    def _show(request: HttpRequest, form: JoinForm, referrer: Agent | None, status: int = 200) -> HttpResponse:
        form.mark_errors() if form.is_bound else None
        consent = reads.get_consent()
        context = {
            "form": form,
            "brand": current_brand(),
            "page": reads.get_recruiting_page(),
            "consent": consent,
            "consent_text": consent.text_en if get_language() == "en" else consent.text_zh,
            "referrer": mask_name(referrer.name) if referrer else "",
            "channels": channels(),
        }
        return render(request, "recruiting/join.html", context, status=status)


@method_decorator(never_cache, name="dispatch")
class ApplicationPage(View):
    """An applicant's own link: where the application stands; completing and withdrawing it."""

    def get(self, request: HttpRequest, number: str, secret: str) -> HttpResponse:
        application = self._own(number, secret)
        return self._show(request, application, CompleteForm(initial={"experience": application.experience}))

    def post(self, request: HttpRequest, number: str, secret: str) -> HttpResponse:
        """`withdraw` takes the application back, anything else completes it."""
        application = self._own(number, secret)
        form = CompleteForm(request.POST, request.FILES)
        try:
            ensure_not_too_often("join-change", limit=_CHANGES_AN_HOUR, seconds=3_600)
            if "withdraw" in request.POST:
                applications.withdraw_application(number=number, secret=secret, now=clock.now())
            elif not form.is_valid():
                return self._show(request, application, form, status=422)
            else:
                typed = form.cleaned_data
                applications.complete_application(
                    number=number, secret=secret, experience=typed["experience"], uploads=typed["proofs"]
                )
        except DomainError as refusal:
            form.is_valid()
            form.show(refusal)
            return self._show(request, self._own(number, secret), form, status=refusal.status)
        return redirect("recruiting_public:application", number=number, secret=secret)

    @staticmethod
    def _own(number: str, secret: str) -> Application:
        try:
            return reads.get_own_application(number=number, secret=secret)
        except reads.ApplicationNotFound as error:
            raise Http404 from error

    @staticmethod
    def _show(request: HttpRequest, application: Application, form: CompleteForm, status: int = 200) -> HttpResponse:
        context: dict[str, Any] = {
            "application": application,
            "brand": current_brand(),
            "form": form,
            "is_open": application.state == ApplicationState.APPLIED,
            "is_rejected": application.state == ApplicationState.REJECTED,
            "address": request.build_absolute_uri(request.path),
        }
        return render(request, "recruiting/application.html", context, status=status)


@never_cache
def own_proof(request: HttpRequest, number: str, secret: str, proof_id: int) -> HttpResponse:
    """An image the applicant sent, by the applicant's own link."""
    try:
        application = reads.get_own_application(number=number, secret=secret)
        proof = reads.get_proof(application_id=application.pk, proof_id=proof_id)
    except reads.ApplicationNotFound as error:
        raise Http404 from error
    with files.open_file(proof.path) as image:
        return HttpResponse(image.read(), content_type=content_type_of(proof.path))
