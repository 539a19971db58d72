"""Brands in the platform's console."""

from django.contrib import admin
from django_tenants.utils import get_tenant_model

from console.sites import platform_site
from shared_apps.support.admin.acts_care import CareActs
from shared_apps.support.admin.acts_data import DataActs
from shared_apps.support.admin.acts_lifecycle import LifecycleActs
from shared_apps.support.admin.acts_money import MoneyActs
from shared_apps.support.admin.brand_page import BrandPageAdmin


@admin.register(get_tenant_model(), site=platform_site)
class BrandAdmin(LifecycleActs, MoneyActs, DataActs, CareActs, BrandPageAdmin):
    """The list, the page, and the acts on it. It stands here, above all apps whose services it calls."""

    page_acts = (
        "extend",
        "suspend",
        "resume",
        "reopen",
        "set_up",
        "permit_another_trial",
        "change_plan",
        "undo_change",
        "cancel_plan",
        "undo_cancel",
        "give_time",
        "record_transfer",
        "claim_domain",
        "export",
        "archive",
        "restore",
        "move",
        "resend_confirmation",
        "reset_login",
        "assign_adviser",
        "remove_adviser",
        "follow_up",
        "write_note",
        "visit",
        "visit_in_emergency",
        "ask_emergency",
    )
