"""Rules of levels: the list, and the editor that shows who would change before anything is saved."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from console.access import ensure_may, may
from console.actions import dress_field, show_refusal
from console.brand_pages import BrandPage
from console.money import format_money
from kernel.core import clock
from kernel.core.errors import DomainError
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.ranks.models import LevelRule
from tenant_apps.ranks.rules.periods import ONE_DAY
from tenant_apps.ranks.selectors import rules as reads
from tenant_apps.ranks.services import level_rules
from tenant_apps.ranks.services.level_rules import RuleSpec
from tenant_apps.ranks.states import ApplyMode, Measure, Period, RuleDirection

RULES_SHOWN = 100


class RuleForm(forms.Form):
    """A rule in the words of its fields. There is no measure that counts people: the law forbids it."""

    name = forms.CharField(label=_("Name"), max_length=100)
    direction = forms.ChoiceField(label=_("Direction"), choices=RuleDirection.choices)
    from_level_id = forms.TypedChoiceField(label=_("From level"), coerce=int)
    to_level_id = forms.TypedChoiceField(label=_("To level"), coerce=int)
    measure = forms.ChoiceField(
        label=_("Measured by"),
        choices=Measure.choices,
        help_text=_("Net sales after refunds. Recruits are never counted: 禁止传销条例, article 7, forbids it."),
    )
    period = forms.ChoiceField(label=pgettext_lazy("period of a rule", "Over"), choices=Period.choices)
    rolling_days = forms.IntegerField(
        label=_("Days of the window"), required=False, help_text=_("7 to 366, only for “the last days”.")
    )
    threshold = forms.DecimalField(
        label=_("Net sales"),
        max_digits=14,
        decimal_places=2,
        help_text=_("Promotion from this much on; demotion below it."),
    )
    grace_days = forms.IntegerField(label=_("Grace (days)"), initial=0, help_text=_("Delays a demotion: 0 to 180."))
    mode = forms.ChoiceField(label=pgettext_lazy("rule", "Then"), choices=ApplyMode.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(level.pk, level.name) for level in selectors.list_levels()]
        for name in ("from_level_id", "to_level_id"):
            choice: Any = self.fields[name]
            choice.choices = known
        for field in self.fields.values():
            dress_field(field)

    def spec(self) -> RuleSpec:
        return RuleSpec(**self.cleaned_data)


class RulesPage(BrandPage, TemplateView):
    permission = "agents.view"
    title = _("Level rules")
    template_name = "ranks/console/rules.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        rules = list(reads.list_rules()[:RULES_SHOWN])
        return super().get_context_data(
            **kwargs,
            in_force=[rule for rule in rules if rule.is_active],
            retired=[rule for rule in rules if not rule.is_active],
            may_edit=may(self.request, "agents.levels"),
            levels=selectors.list_levels().count(),
        )


class RuleEditor(BrandPage, TemplateView):
    """A new rule, or one in the place of another. First the preview, then the same values are saved."""

    permission = "agents.levels"
    title = _("Level rule")
    template_name = "ranks/console/rule_editor.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        replaced = self._replaced()
        form = kwargs.pop("form", None) or RuleForm(initial=_values_of(replaced) if replaced else None)
        return super().get_context_data(**kwargs, form=form, replaced=replaced)

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        """Preview; or save what was previewed."""
        form = RuleForm(request.POST)
        now = clock.now()
        if form.is_valid():
            spec = form.spec()
            seal = _seal(spec)
            try:
                if request.POST.get("step") == "save" and request.POST.get("seen") == seal:
                    replaced = self._replaced()
                    level_rules.save_rule(spec=spec, now=now, replaces=replaced.pk if replaced else None)
                    messages.success(
                        request, gettext("The rule is in force. Tonight it is evaluated for the first time.")
                    )
                    return redirect("ranks:rules")
                preview = level_rules.preview_rule(spec=spec, today=clock.business_date(now), now=now)
            except DomainError as refusal:
                show_refusal(form, refusal)
            else:
                seen = {"seen": seal, "why": _why(spec), "last_day": preview.complete.until - ONE_DAY}
                return self.render_to_response(self.get_context_data(form=form, preview=preview, **seen))
        return self.render_to_response(self.get_context_data(form=form))

    def _replaced(self) -> LevelRule | None:
        rule_id = self.kwargs.get("rule_id")
        if rule_id is None:
            return None
        rule = reads.list_rules().filter(id=rule_id).first()
        if rule is None:
            raise level_rules.RuleNotFound
        return rule


class RetireRule(BrandPage, View):
    permission = "agents.levels"
    title = ""
    http_method_names = ["post"]

    def post(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        ensure_may(request, "agents.levels")
        level_rules.retire_rule(rule_id=rule_id, now=clock.now())
        messages.success(request, gettext("The rule is out of force. What it proposed lapses."))
        return redirect("ranks:rules")


def _values_of(rule: LevelRule) -> dict[str, Any]:
    names = (
        "name",
        "direction",
        "from_level_id",
        "to_level_id",
        "measure",
        "period",
        "rolling_days",
        "threshold",
        "grace_days",
        "mode",
    )
    return {name: getattr(rule, name) for name in names}


def _seal(spec: RuleSpec) -> str:
    """Changes with any value that decides about people: what is saved is what was looked at."""
    return hashlib.sha256(json.dumps(asdict(spec), default=str, sort_keys=True).encode()).hexdigest()


def _why(spec: RuleSpec) -> str:
    words = {"threshold": format_money(spec.threshold)}
    if spec.direction == RuleDirection.PROMOTE:
        return gettext("They reached %(threshold)s in the running or the last complete period.") % words
    return gettext("They stayed below %(threshold)s in the last complete period and in the running one.") % words
