"""Pages of the console about results and levels; mounted under `/console/`."""

from django.urls import path

from tenant_apps.ranks.views import compliance, groups, proposals, ranking, rules, team

app_name = "ranks"

urlpatterns = [
    path("team/", team.TeamPage.as_view(), name="team"),
    path("team/roots/", team.TeamBranch.as_view(), name="team_roots"),
    path("team/<int:agent_id>/", team.TeamBranch.as_view(), name="team_branch"),
    path("level-rules/", rules.RulesPage.as_view(), name="rules"),
    path("level-rules/new/", rules.RuleEditor.as_view(), name="rule_new"),
    path("level-rules/<int:rule_id>/", rules.RuleEditor.as_view(), name="rule_edit"),
    path("level-rules/<int:rule_id>/retire/", rules.RetireRule.as_view(), name="rule_retire"),
    path("level-proposals/", proposals.ProposalsPage.as_view(), name="proposals"),
    path("compliance/", compliance.CompliancePage.as_view(), name="compliance"),
    path("ranking/", ranking.RankingPage.as_view(), name="ranking"),
    path("agent-groups/<int:group_id>/", groups.GroupPage.as_view(), name="group"),
]
