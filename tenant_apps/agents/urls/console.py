"""The agents' pages of the brand's console; mounted under `/console/`."""

from django.urls import path

from tenant_apps.agents.views import compliance, downloads, proposals, ranking, review, rules, team

app_name = "network"

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
    path("certificates/<int:certificate_id>.pdf", downloads.CertificatePdf.as_view(), name="certificate_pdf"),
    path("review/", review.ReviewPage.as_view(http_method_names=["get", "head"]), name="review"),
    path("review/<int:application_id>/", review.ReviewPage.as_view(), name="review_one"),
    path("review/<int:application_id>/proofs/<int:proof_id>/", downloads.Proof.as_view(), name="proof"),
]
