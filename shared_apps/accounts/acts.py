"""Name the acts and facts that this app writes to the audit log."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.core.audit_words import ActWords, Subject

WORDS: Final = ActWords(
    acts={
        "accounts.user_created": _("Person added"),
        "accounts.user_changed": _("Person changed"),
        "accounts.role_changed": _("Role changed"),
        "accounts.user_deactivated": _("Person deactivated"),
        "accounts.user_reactivated": _("Person reactivated"),
        "accounts.api_key_issued": _("API key created"),
        "accounts.api_key_revoked": _("API key revoked"),
        "accounts.entry_link_issued": _("Sign-in link created"),
        "accounts.email_confirmed": _("E-mail address confirmed"),
        "accounts.invited": _("Invitation sent"),
        "accounts.invitation_revoked": _("Invitation revoked"),
        "accounts.agent_login_opened": _("Login of an agent opened"),
        "accounts.agent_login_closed": _("Login of an agent closed"),
        "accounts.agent_welcomed": _("Invitation sent to an agent"),
        "accounts.password_reset_sent": _("Link for a new password sent"),
        "accounts.password_reset": _("Password reset by link"),
        "accounts.password_changed": _("Password changed"),
        "accounts.password_set": _("Password set by a colleague"),
        "accounts.sign_in_reset_by_support": _("Sign-in reset by support"),
        "accounts.second_step_on": _("Two-step sign-in turned on"),
        "accounts.second_step_off": _("Two-step sign-in turned off"),
        "accounts.recovery_code_used": _("Recovery code used"),
        "accounts.locked_out": _("Locked out after wrong passwords"),
        "accounts.signed_in": _("Signed in"),
        "accounts.signed_out": _("Signed out"),
    },
    facts={
        "api_keys": _("API keys revoked"),
        "emergency_accesses": _("Emergency accesses ended"),
        "expires_at": _("Expires"),
        "permissions": _("Permissions"),
        "role": _("Role"),
        "support_accesses": _("Accesses for support ended"),
        "second_step_removed": _("Two-step sign-in removed"),
        "way": _("Way"),
    },
    subjects={
        "user": Subject(_("Person"), model="accounts.user"),
        "api_key": Subject(_("API key"), model="accounts.apikey"),
        "sign_in_name": Subject(_("Sign-in name"), key_is_shown=True),
    },
)
