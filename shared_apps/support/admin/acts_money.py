"""Acts on what a brand pays: its plan at Stripe, transfers, given time. Support decides, billing does."""

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.actions import object_action
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import Conflict, Text
from shared_apps.billing.selectors import subscriptions
from shared_apps.billing.services import closing, given_time, plan_changes, transfers
from shared_apps.support.admin.forms import ChangePlanForm, GiveTimeForm, ReasonForm, TransferForm
from shared_apps.support.services import reasons
from shared_apps.tenants.selectors import BrandRecord
from shared_apps.tenants.states import BrandState


class LookAtTheAmount(Conflict):
    code = "look_at_the_amount"
    title = _("Check the amount first")


def _pays_at_stripe(brand: BrandRecord) -> bool:
    return subscriptions.get_current(brand.pk) is not None


def _waits_for_change(brand: BrandRecord) -> bool:
    present = subscriptions.get_current(brand.pk)
    return present is not None and present.pending_plan_version_id is not None


def _may_be_cancelled(brand: BrandRecord) -> bool:
    present = subscriptions.get_current(brand.pk)
    return present is not None and not present.cancel_at_period_end


def _is_cancelled(brand: BrandRecord) -> bool:
    present = subscriptions.get_current(brand.pk)
    return present is not None and bool(present.cancel_at_period_end)


def _is_kept(brand: BrandRecord) -> bool:
    return bool(brand.state != BrandState.ARCHIVED)


class MoneyActs:
    """Mixed into the brand's page."""

    @object_action(
        _("Change plan"),
        permission="billing.edit",
        form=ChangePlanForm,
        icon="swap_vert",
        explanation=_("A larger plan begins now and is paid now; a smaller one begins when the period ends."),
        offered=_pays_at_stripe,
    )
    def change_plan(self, request: HttpRequest, brand: BrandRecord, form: ChangePlanForm) -> Text:
        """Twice: the first press shows what it costs, the second agrees to it."""
        plan_code = form.cleaned_data["plan_code"]
        interval = form.cleaned_data["interval"]
        now = clock.now()
        agreed = form.agreed_moment()
        if agreed is None:
            preview = plan_changes.preview_change(brand_id=brand.pk, plan_code=plan_code, interval=interval, now=now)
            form.remember(preview.proration_at)
            raise LookAtTheAmount(
                gettext("%(plan)s from %(day)s. To be paid now: %(amount)s. Press the button again to agree.")
                % {
                    "plan": preview.plan_version,
                    "day": date_format(clock.business_date(preview.effective_at)),
                    "amount": format_money(preview.amount_due, preview.currency),
                }
            )
        with reasons.because(form.cleaned_data["reason"]):
            plan_changes.change_plan(
                brand_id=brand.pk, plan_code=plan_code, interval=interval, proration_at=agreed, now=now
            )
        return gettext("The plan is changed.")

    @object_action(
        _("Undo the planned change"), permission="billing.edit", form=ReasonForm, icon="undo", offered=_waits_for_change
    )
    def undo_change(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> None:
        with reasons.because(form.cleaned_data["reason"]):
            plan_changes.undo_pending_change(brand_id=brand.pk, now=clock.now())

    @object_action(
        _("Cancel for the period's end"),
        permission="billing.edit",
        form=ReasonForm,
        icon="event_busy",
        offered=_may_be_cancelled,
    )
    def cancel_plan(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> None:
        with reasons.because(form.cleaned_data["reason"]):
            plan_changes.cancel_at_period_end(brand_id=brand.pk, now=clock.now())

    @object_action(
        _("Undo the cancellation"), permission="billing.edit", form=ReasonForm, icon="undo", offered=_is_cancelled
    )
    def undo_cancel(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> None:
        with reasons.because(form.cleaned_data["reason"]):
            plan_changes.undo_cancel(brand_id=brand.pk, now=clock.now())

    @object_action(
        _("Give time"),
        permission="billing.edit",
        form=GiveTimeForm,
        icon="redeem",
        explanation=_(
            "A larger plan begins now; else the time follows what the brand has. It can be taken back. More than 31 "
            "days within a year are given by a platform administrator."
        ),
        offered=_is_kept,
    )
    def give_time(self, request: HttpRequest, brand: BrandRecord, form: GiveTimeForm) -> Text:
        typed = form.cleaned_data
        period = given_time.give_time(
            brand_id=brand.pk, plan_code=typed["plan_code"], days=typed["days"], reason=typed["reason"], now=clock.now()
        )
        days = {
            "plan": period.plan_version,
            "start": date_format(clock.business_date(period.starts_at)),
            "end": date_format(clock.business_date(period.ends_at)),
        }
        return gettext("%(plan)s from %(start)s to %(end)s.") % days

    @object_action(
        _("Record bank transfer"),
        permission="billing.record",
        form=TransferForm,
        icon="account_balance",
        explanation=_(
            "A second person has to approve it before the plan runs where the amount or the plan's price is above the "
            "limit, or the amount is not the price."
        ),
        offered=_is_kept,
    )
    def record_transfer(self, request: HttpRequest, brand: BrandRecord, form: TransferForm) -> Text:
        typed = dict(form.cleaned_data)
        proof = typed.pop("proof")
        payment = transfers.record_transfer(
            new=transfers.NewTransfer(brand_id=brand.pk, **typed), proof=proof, now=clock.now()
        )
        if payment.needs_second_person:
            return gettext("Recorded. Somebody else has to approve it.")
        return gettext("Recorded; the plan runs.")

    @object_action(
        _("Take the closing back"),
        permission="tenants.archive",
        form=ReasonForm,
        icon="undo",
        explanation=_("The owner closed the account: it goes on as before."),
        offered=lambda brand: brand.closing_at is not None,
    )
    def reopen(self, request: HttpRequest, brand: BrandRecord, form: ReasonForm) -> None:
        with reasons.because(form.cleaned_data["reason"]):
            closing.reopen_account(brand_id=brand.pk, now=clock.now())
