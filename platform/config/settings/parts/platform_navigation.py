"""List what the platform's console offers, by job: sections, pages, tabs."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from console.navigation import Entry, Section

ACTS: Final = ()

SECTIONS: Final = (
    Section(_("Overview"), "dashboard", (Entry(_("Overview"), "index"),), is_in_phone_bar=True),
    Section(
        _("Brands"),
        "storefront",
        (
            Entry(_("Brands"), "tenants_brand_changelist"),
            Entry(_("Business"), "support:business", "insights.view"),
            Entry(_("Fleet"), "support:fleet", "insights.view"),
            Entry(
                _("Domains"),
                tabs=(
                    Entry(_("Domains"), "tenants_domain_changelist"),
                    Entry(_("Own domains"), "tenants_domainclaim_changelist"),
                ),
            ),
            Entry(
                _("Data"),
                tabs=(
                    Entry(_("Exports"), "tenants_brandexport_changelist"),
                    Entry(_("Archives"), "tenants_brandarchive_changelist"),
                    Entry(_("Moves"), "tenants_brandmove_changelist"),
                ),
            ),
        ),
        is_in_phone_bar=True,
    ),
    Section(
        _("Support"),
        "support_agent",
        (
            Entry(_("Tickets"), "support_ticket_changelist", also=("support/tickets/",)),
            Entry(
                _("Advice"),
                tabs=(
                    Entry(_("To do"), "support:follow_ups", "support.advise"),
                    Entry(_("Follow-ups"), "support_followup_changelist"),
                    Entry(_("Notes"), "support_brandnote_changelist"),
                    Entry(_("Advisers"), "support_adviserassignment_changelist"),
                ),
            ),
            Entry(_("Announcements"), "support_announcement_changelist"),
            Entry(
                _("Support sessions"),
                tabs=(
                    Entry(_("Support sessions"), "support_accessgrant_changelist", also=("support/sessions/",)),
                    Entry(_("Support session log"), "support_accesslogentry_changelist"),
                ),
            ),
        ),
        is_in_phone_bar=True,
    ),
    Section(
        _("Billing"),
        "credit_card",
        (
            Entry(
                _("Subscriptions"),
                tabs=(
                    Entry(_("Subscriptions"), "billing_subscription_changelist"),
                    Entry(_("Billing accounts"), "billing_billingaccount_changelist"),
                    Entry(_("Plan periods"), "billing_planperiod_changelist"),
                    Entry(_("Changes"), "billing_subscriptionchange_changelist"),
                    Entry(_("Reminders"), "billing_reminder_changelist"),
                ),
            ),
            Entry(_("Subscription invoices"), "billing_stripeinvoice_changelist"),
            Entry(_("Bank transfers"), "billing_offlinepayment_changelist"),
            Entry(
                _("Plans"),
                tabs=(
                    Entry(_("Plans"), "billing_plan_changelist"),
                    Entry(_("Versions of plans"), "billing_planversion_changelist"),
                ),
            ),
            Entry(
                _("Stripe"),
                tabs=(
                    Entry(_("Stripe events"), "billing_stripeevent_changelist"),
                    Entry(_("Comparisons"), "billing_stripecomparison_changelist"),
                    Entry(_("Attempts at Stripe"), "billing_stripeattempt_changelist"),
                ),
            ),
        ),
    ),
    Section(
        _("Settings"),
        "settings",
        (
            Entry(_("Support staff"), "accounts_user_changelist"),
            Entry(_("Audit log"), "kernel_auditrecord_changelist"),
            Entry(_("Undelivered events"), "kernel_outboxdelivery_changelist"),
        ),
    ),
)
