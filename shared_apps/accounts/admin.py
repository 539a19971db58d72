"""Console pages of people and API keys."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from console.actions import DialogForm, dress_field, object_action
from console.admin import BrandModelAdmin, PlatformModelAdmin, ServiceModelAdmin
from console.sites import brand_site, platform_site
from kernel.core import clock
from kernel.core.errors import DomainError, Text
from kernel.tenancy.context import is_public
from shared_apps.accounts import selectors
from shared_apps.accounts.models import ApiKey, User
from shared_apps.accounts.rules import rights
from shared_apps.accounts.rules.permission_names import PERMISSION_NAMES
from shared_apps.accounts.services import api_keys, cleaning, invitations, second_step, users
from shared_apps.accounts.states import BRAND_PERSON_ROLES, BRAND_ROLES, PLATFORM_ROLES, Role

MANAGE = "accounts.manage"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]


def _role_choices(*, people: bool) -> list[tuple[str, Any]]:
    brand = BRAND_PERSON_ROLES if people else BRAND_ROLES
    wanted = PLATFORM_ROLES if is_public() else brand
    return [(role.value, role.label) for role in Role if role in wanted]


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """Normalise addresses before the model validates them."""

    role = forms.ChoiceField(label=_("role"))
    language = forms.ChoiceField(label=_("language"))

    class Meta:
        model = User
        fields = ("name", "role", "email", "phone", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("role", "language"):
            if isinstance(choice := self.fields.get(name), forms.ChoiceField):
                dress_field(choice)
                choice.choices = _role_choices(people=True) if name == "role" else LANGUAGES

    def clean_email(self) -> str | None:
        return _or_form_error(cleaning.clean_email, self.cleaned_data["email"])

    def clean_phone(self) -> str | None:
        return _or_form_error(cleaning.clean_phone, self.cleaned_data["phone"])


def origin_of(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _or_form_error(clean: Any, text: str | None) -> str | None:
    try:
        cleaned: str | None = clean(text)
    except DomainError as refusal:
        raise forms.ValidationError(str(refusal)) from refusal
    return cleaned


class PeopleAdmin(ServiceModelAdmin[User]):
    """Add, change and deactivate people."""

    form = PersonForm
    list_display = ("name", "email", "phone", "role", "is_active", "two_step", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("name", "email", "phone")
    ordering = ("id",)
    fields = ("name", "role", "email", "phone", "language", "is_active", "email_confirmed_at", "two_step", "last_login")
    readonly_fields = ("is_active", "email_confirmed_at", "two_step", "last_login", "created_at")
    actions_detail = ("invite", "revoke_invitation", "turn_two_step_off", "deactivate", "reactivate")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return selectors.list_users()

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.fields if obj else ("name", "role", "email", "phone", "language")

    def save_by_service(self, request: HttpRequest, form: Any, existing: User | None) -> User:
        filled = form.cleaned_data
        role = form.cleaned_data["role"]
        changes = users.UserChanges(
            name=filled["name"], email=filled["email"], phone=filled["phone"], language=filled["language"]
        )
        if existing is None:
            return users.create_user(role=role, **changes)
        users.change_user(user_id=existing.pk, changes=changes)
        return users.change_role(user_id=existing.pk, role=role)

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """Invite the person, and show the link where there is no e-mail address to send it to."""
        link = invitations.invite(user_id=obj.pk, origin=origin_of(request))
        if not link:
            messages.success(request, gettext("An invitation is on its way to %(email)s.") % {"email": obj.email})
            return redirect(f"{self.admin_site.name}:accounts_user_change", obj.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Invite %(name)s") % {"name": obj.name},
            "person": obj,
            "link": link,
            "back": reverse(f"{self.admin_site.name}:accounts_user_change", args=[obj.pk]),
        }
        response = render(request, "accounts/invitation_made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.display(description=_("two-step sign-in"), boolean=True)
    def two_step(self, user: User) -> bool:
        return user.has_totp

    @object_action(
        _("Send invitation"),
        permission=MANAGE,
        icon="mail",
        explanation=_("A link by which the person sets a new password: once, within 7 days. Earlier links end."),
        offered=lambda user: user.is_active,
    )
    def invite(self, request: HttpRequest, user: User, form: DialogForm) -> Text:
        """Send it by e-mail, or show it where the person has a phone number only."""
        link = invitations.invite(user_id=user.pk, origin=origin_of(request))
        if not link:
            return gettext("An invitation is on its way to %(email)s.") % {"email": user.email}
        return gettext("Send this link to %(name)s: %(link)s") % {"name": user.name, "link": link}

    @object_action(
        _("Revoke invitation"),
        permission=MANAGE,
        icon="link_off",
        offered=lambda user: selectors.is_invited(user_id=user.pk, now=clock.now()),
    )
    def revoke_invitation(self, request: HttpRequest, user: User, form: DialogForm) -> None:
        invitations.revoke_invitation(user_id=user.pk)

    @object_action(
        _("Turn two-step sign-in off"), permission=MANAGE, icon="phonelink_erase", offered=lambda user: user.has_totp
    )
    def turn_two_step_off(self, request: HttpRequest, user: User, form: DialogForm) -> None:
        """For a person who has lost both the phone and the recovery codes."""
        second_step.reset_for(user_id=user.pk)

    @object_action(_("Deactivate"), permission=MANAGE, icon="person_off", offered=lambda user: user.is_active)
    def deactivate(self, request: HttpRequest, user: User, form: DialogForm) -> None:
        users.deactivate_user(user_id=user.pk)

    @object_action(_("Reactivate"), permission=MANAGE, icon="person_check", offered=lambda user: not user.is_active)
    def reactivate(self, request: HttpRequest, user: User, form: DialogForm) -> None:
        users.reactivate_user(user_id=user.pk)


@admin.register(User, site=brand_site)
class UserAdmin(PeopleAdmin, BrandModelAdmin[User]):
    view_permission: ClassVar[str] = MANAGE
    edit_permission: ClassVar[str] = MANAGE
    add_permission: ClassVar[str] = MANAGE


@admin.register(User, site=platform_site)
class StaffAdmin(PeopleAdmin, PlatformModelAdmin[User]):
    view_permission: ClassVar[str] = "tenants.view"
    edit_permission: ClassVar[str] = MANAGE
    add_permission: ClassVar[str] = MANAGE


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new key: all that its role may, or only what is ticked."""

    role = forms.ChoiceField(label=_("role"))
    scope = forms.ChoiceField(
        label=_("The key may"),
        choices=[("", "---------"), ("ticked", _("Only what is ticked")), ("role", _("All that the role may"))],
    )
    permissions = forms.MultipleChoiceField(
        label=_("permissions"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_(
            "A service key has exactly these; for another role they are fewer than the role's. "
            "A key never may more than the person who made it, and never manages people or keys."
        ),
    )

    class Meta:
        model = ApiKey
        fields = ("name", "role", "scope", "permissions", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(role := self.fields.get("role"), forms.ChoiceField):
            dress_field(role)
            role.choices = _role_choices(people=False)
            dress_field(self.fields["scope"])
        if isinstance(words := self.fields.get("permissions"), forms.MultipleChoiceField):
            held = rights.vocabulary(public=is_public()) - rights.NOT_FOR_KEYS
            words.choices = [(word, name) for word, name in PERMISSION_NAMES.items() if word in held]

    def clean_permissions(self) -> list[str] | None:
        """Return None for the permissions of the role, which are asked for by their own word."""
        ticked: list[str] = self.cleaned_data["permissions"]
        scope = self.cleaned_data.get("scope")
        if scope == "role" and ticked:
            raise forms.ValidationError(_("All that the role may was chosen: tick nothing."), code="scope_and_ticked")
        return None if scope == "role" else ticked


@admin.register(ApiKey, site=brand_site)
class ApiKeyAdmin(BrandModelAdmin[ApiKey]):
    view_permission: ClassVar[str] = MANAGE
    add_permission: ClassVar[str] = MANAGE
    form = ApiKeyForm
    list_display = ("name", "prefix", "role", "created_by", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("role",)
    search_fields = ("name", "prefix")
    ordering = ("-id",)
    actions_detail = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return selectors.list_api_keys()

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        if obj is None:
            return ("name", "role", "scope", "permissions", "expires_at")
        return (
            "name",
            "prefix",
            "role",
            "may",
            "created_by",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    @admin.display(description=_("permissions"))
    def may(self, key: ApiKey) -> str:
        held = selectors.permissions_of_key(key)
        return ", ".join(str(name) for word, name in PERMISSION_NAMES.items() if word in held)

    def save_by_service(self, request: HttpRequest, form: Any, existing: ApiKey | None) -> ApiKey:
        filled = form.cleaned_data
        key, secret = api_keys.issue_api_key(
            name=filled["name"],
            role=filled["role"],
            permissions=filled["permissions"],
            expires_at=filled["expires_at"],
            created_by=request.user if isinstance(request.user, User) else None,
        )
        request.new_api_key = secret  # type: ignore[attr-defined]
        return key

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Show the secret in this response: a message would be stored in the session or a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Keep this key now"),
            "key": obj,
            "secret": request.new_api_key,  # type: ignore[attr-defined]
        }
        response = render(request, "accounts/api_key_made.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @object_action(_("Revoke"), permission=MANAGE, icon="key_off", offered=lambda key: key.revoked_at is None)
    def revoke(self, request: HttpRequest, key: ApiKey, form: DialogForm) -> None:
        api_keys.revoke_api_key(key_id=key.pk)
