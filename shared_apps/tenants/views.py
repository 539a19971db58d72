"""Public pages of the platform."""

from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from console.phones import PhoneField
from kernel.core.errors import DomainError
from shared_apps.tenants import rules, selectors
from shared_apps.tenants.services import sign_up
from shared_apps.tenants.services.provisioning import NewBrand


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "tenants/landing.html", {"trial_days": settings.TRIAL_DAYS})


@require_safe
def legal(request: HttpRequest, text: str) -> HttpResponse:
    """Show the terms or the privacy policy in the reader's language."""
    language = rules.brand_language(get_language())
    names = {"text": f"tenants/legal/{text}.{language}.html", "version": rules.TERMS_VERSION}
    return render(request, "tenants/legal.html", names)


class SignUpForm(forms.Form):
    """Sign-up form. The service validates, and its refusals appear beside their fields."""

    name = forms.CharField(label=_("Brand name"), max_length=sign_up.MAX_NAME_LENGTH)
    slug = forms.CharField(
        label=_("Subdomain"),
        max_length=rules.MAX_SLUG_LENGTH,
        required=False,
        help_text=_("Small letters, digits and hyphens. Your people open this address."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    owner_name = forms.CharField(
        label=_("Your name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = PhoneField(
        label=_("Phone"),
        required=False,
        help_text=_("An e-mail address or a phone number is enough; you sign in with it."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    company_name = forms.CharField(
        label=_("Company (may be left out)"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    credit_code = forms.CharField(
        label=_("Unified social credit code (may be left out)"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("At least 8 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    accepts_terms = forms.BooleanField(label=_("I agree to the terms and the privacy policy"), required=False)
    # People do not see it; programs that fill every field do not know better.
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def clean_slug(self) -> str:
        """Propose one from the name where it was left empty, to be seen before it is used."""
        slug: str = self.cleaned_data["slug"]
        if slug:
            return slug
        if proposal := selectors.propose_slug(self.cleaned_data.get("name", "")):
            self.data = {**self.data, "slug": proposal}
            raise forms.ValidationError(_("This address is free. Change it if you like, and go on."), code="proposed")
        raise forms.ValidationError(_("Choose an address."), code="required")

    def clean(self) -> dict[str, object]:
        """Find at once what would otherwise be said only after every other field is right."""
        typed: dict[str, object] = super().clean() or {}
        if "email" in typed and "phone" in typed and not (typed["email"] or typed["phone"]):
            self.add_error("email", forms.ValidationError(sign_up.CONTACT_MISSING, code="contact_missing"))
        if not typed.get("accepts_terms"):
            self.add_error(
                "accepts_terms", forms.ValidationError(sign_up.TERMS_NOT_ACCEPTED, code="terms_not_accepted")
            )
        return typed

    def clean_website(self) -> str:
        """Refuse bots that fill the hidden field, without any hint about the rest."""
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Leave this field empty, it catches programs."), code="trap")
        return ""

    def new_brand(self) -> NewBrand:
        typed = self.cleaned_data
        return NewBrand(
            name=typed["name"],
            slug=typed["slug"],
            owner_name=typed["owner_name"],
            owner_email=typed["email"] or None,
            owner_phone=typed["phone"] or None,
            password=typed["password"],
            company_name=typed["company_name"],
            credit_code=typed["credit_code"],
            language=rules.brand_language(get_language()),
            accepts_terms=typed["accepts_terms"],
        )

    def show(self, refusal: DomainError) -> None:
        if not refusal.errors:
            self.add_error(None, str(refusal))
        for error in refusal.errors:
            self.add_error(error.field if error.field in self.fields else None, str(error.detail))


# A browser follows the redirect to the new brand's host only if the page may send its form there.
@method_decorator(csp_update({"form-action": [f"*.{settings.BASE_DOMAIN}:*"]}), name="dispatch")
@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class SignUpPage(FormView[SignUpForm]):
    """Works without JavaScript; with it, the subdomain is checked while it is typed."""

    form_class = SignUpForm
    template_name = "tenants/signup.html"

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        try:
            done = sign_up.sign_up(new=form.new_brand(), public_url=self.request.build_absolute_uri("/"))
        except DomainError as refusal:
            form.show(refusal)
            response = self.form_invalid(form)
            response.status_code = refusal.status
            return response
        return HttpResponseRedirect(done.enter_url)

    def form_invalid(self, form: SignUpForm) -> HttpResponse:
        """Show the faults; the password is not sent back."""
        for name in form.errors:
            if name in form.fields:
                form.fields[name].widget.attrs["aria-invalid"] = "true"
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(
            **kwargs,
            slug_suffix=f".{settings.BASE_DOMAIN}",
            trial_days=settings.TRIAL_DAYS,
            check_url="/api/v1/signups/availability",
            propose_url="/api/v1/signups/slug",
        )


class FindBrandForm(forms.Form):
    slug = forms.CharField(
        label=_("Subdomain"),
        max_length=100,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocapitalize": "none", "spellcheck": "false", "autocomplete": "organization"}
        ),
    )

    def clean_slug(self) -> str:
        """Take the subdomain alone, or the whole address as somebody copies it."""
        typed: str = self.cleaned_data["slug"].strip().lower()
        slug = typed.partition("://")[2] or typed
        slug = slug.partition("/")[0].partition(":")[0].removesuffix(f".{settings.BASE_DOMAIN}")
        if not rules.is_well_formed(slug):
            raise forms.ValidationError(_("A subdomain has small letters, digits and hyphens only."))
        return slug


# The redirect leads to the host of the brand, also of one that is not there: the page tells nobody which brands exist.
@method_decorator(csp_update({"form-action": [f"*.{settings.BASE_DOMAIN}:*"]}), name="dispatch")
class FindBrandPage(FormView[FindBrandForm]):
    """Lead to the sign-in page of a brand."""

    form_class = FindBrandForm
    template_name = "tenants/find_brand.html"

    def form_valid(self, form: FindBrandForm) -> HttpResponse:
        home = rules.brand_url(
            form.cleaned_data["slug"], base_domain=settings.BASE_DOMAIN, public_url=self.request.build_absolute_uri("/")
        )
        return HttpResponseRedirect(f"{home}/console/login/")

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(**kwargs, slug_suffix=f".{settings.BASE_DOMAIN}")
