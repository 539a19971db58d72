"""Buttons of an agent's page: details, freezing, the place in the tree, the level."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.actions import DialogForm, GoTo, object_action
from kernel.core import clock
from kernel.core.errors import Text
from tenant_apps.agents.admin.forms import EditForm, LevelChoiceForm, ReasonForm, SponsorForm
from tenant_apps.agents.models import Agent
from tenant_apps.agents.selectors import agents as selectors
from tenant_apps.agents.services import levels, lifecycle, register, tree
from tenant_apps.agents.states import AgentState


class LifeActs:
    """Actions on an agent's state."""

    @object_action(_("Edit"), permission="agents.edit", form=EditForm, icon="edit")
    def edit(self, request: HttpRequest, agent: Agent, form: EditForm) -> None:
        register.change_agent(agent_id=agent.pk, **form.cleaned_data)

    @object_action(
        _("Freeze"),
        permission="agents.approve",
        icon="pause",
        form=ReasonForm,
        explanation=_("The agent sells nothing and earns nothing until unfrozen. The team stays where it is."),
        offered=lambda agent: agent.state == AgentState.ACTIVE,
    )
    def suspend(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        lifecycle.suspend_agent(agent_id=agent.pk, reason=form.cleaned_data["reason"])

    @object_action(
        _("Unfreeze"),
        permission="agents.approve",
        icon="play_arrow",
        offered=lambda agent: agent.state == AgentState.SUSPENDED,
    )
    def resume(self, request: HttpRequest, agent: Agent, form: DialogForm) -> None:
        lifecycle.resume_agent(agent_id=agent.pk)

    @object_action(pgettext_lazy("team", "Move"), permission="agents.edit", icon="account_tree", form=SponsorForm)
    def move(self, request: HttpRequest, agent: Agent, form: SponsorForm) -> GoTo:
        """Back to the tree, where the agent stands now."""
        now = clock.now()
        code = form.cleaned_data["sponsor_code"].strip()
        sponsor = selectors.get_selling_agent(code=code, as_of=clock.business_date(now)) if code else None
        tree.change_sponsor(agent_id=agent.pk, sponsor_id=sponsor.pk if sponsor else None, now=now)
        where = {"name": agent.name, "sponsor": sponsor.name if sponsor else ""}
        if sponsor:
            messages.success(request, gettext("%(name)s is now in the team of %(sponsor)s.") % where)
        else:
            messages.success(request, gettext("%(name)s now has no sponsor.") % where)
        return GoTo(f"{reverse('ranks:team')}?focus={agent.pk}")

    @object_action(_("Change level"), permission="agents.edit", icon="military_tech", form=LevelChoiceForm)
    def set_level(self, request: HttpRequest, agent: Agent, form: LevelChoiceForm) -> Text:
        filled = form.cleaned_data
        levels.move_to_level(
            agent_id=agent.pk,
            level_id=filled["level"].pk,
            reason=filled["reason"],
            locked_until=filled["locked_until"],
            now=clock.now(),
        )
        return gettext("Later orders follow the prices and commissions of “%(level)s”.") % {
            "level": filled["level"].name
        }
