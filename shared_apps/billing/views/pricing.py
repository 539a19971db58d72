"""The public price list."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from shared_apps.billing.selectors import plans
from shared_apps.billing.views import offers


@dataclass(frozen=True)
class Question:
    """One question people ask before they begin."""

    title: str
    answer: str


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """Show the plans' prices and content, straight from the database."""
    versions = plans.list_offered_versions()
    interval = offers.interval_of(request.GET.get("interval"))
    context = {
        "interval": interval,
        "saving": offers.saving(versions),
        "offers": offers.public_offers(versions, interval),
        "comparison": offers.comparison(versions),
        "trial_days": settings.TRIAL_DAYS,
        "questions": questions(),
    }
    return render(request, "billing/pricing.html", context)


def questions() -> Sequence[Question]:
    """Return questions people ask about the trial, with their answers."""
    days = settings.TRIAL_DAYS
    lasts = ngettext(
        "The trial lasts %(days)d day and includes everything the largest plan has.",
        "The trial lasts %(days)d days and includes everything the largest plan has.",
        days,
    )
    return [
        Question(gettext("How long is the trial, and what does it include?"), lasts % {"days": days}),
        Question(
            gettext("Do I need a card to begin?"),
            gettext("No. You choose a plan when you want to go on, and pay then, by card or bank transfer."),
        ),
        Question(
            gettext("What happens when the trial is over?"),
            gettext("Nothing is deleted. You can read and export everything; choosing a plan opens it again at once."),
        ),
        Question(
            gettext("If I choose a plan early, do I lose the free days?"),
            gettext("No. While two days or more of the trial are left, the first period begins when it ends."),
        ),
        Question(
            gettext("Can I change or cancel the plan?"),
            gettext(
                "At any time. A larger plan begins at once and what you have paid is taken into account; a smaller one "
                "begins with the next period. A cancelled plan runs to the end of what was paid."
            ),
        ),
        Question(
            gettext("What if I am above a limit after changing down?"),
            gettext("Everything stays readable and usable. Only adding more is refused until you are below the limit."),
        ),
    ]
