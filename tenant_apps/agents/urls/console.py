"""The agents' pages of the brand's console; mounted under `/console/`."""

from django.urls import path

from tenant_apps.agents.views import (
    attribution_settings,
    compliance,
    downloads,
    ending,
    groups,
    proposals,
    ranking,
    recruiting,
    review,
    rules,
    sensitive,
    team,
    team_import,
)

app_name = "network"

urlpatterns = [
    path("team/", team.TeamPage.as_view(), name="team"),
    path("team/roots/", team.TeamBranch.as_view(), name="team_roots"),
    path("team/<int:agent_id>/", team.TeamBranch.as_view(), name="team_branch"),
    path("team/ending/", ending.EndingPage.as_view(), name="ending"),
    path("team/import/", team_import.TeamImportPage.as_view(), name="team_import"),
    path("team/import/template.xlsx", team_import.TeamTemplate.as_view(), name="team_template"),
    path("team/import/<int:import_id>/", team_import.TeamImportJob.as_view(), name="team_import_job"),
    path("level-rules/", rules.RulesPage.as_view(), name="rules"),
    path("level-rules/new/", rules.RuleEditor.as_view(), name="rule_new"),
    path("level-rules/<int:rule_id>/", rules.RuleEditor.as_view(), name="rule_edit"),
    path("level-rules/<int:rule_id>/retire/", rules.RetireRule.as_view(), name="rule_retire"),
    path("level-proposals/", proposals.ProposalsPage.as_view(), name="proposals"),
    path("compliance/", compliance.CompliancePage.as_view(), name="compliance"),
    path("ranking/", ranking.RankingPage.as_view(), name="ranking"),
    path("agent-groups/<int:group_id>/", groups.GroupPage.as_view(), name="group"),
    path("recruiting/", recruiting.RecruitingSettings.as_view(), name="recruiting"),
    path("recruiting/consent/", recruiting.ConsentPage.as_view(), name="consent"),
    path("attribution/", attribution_settings.PolicyPage.as_view(), name="attribution"),
    path("attribution/picture/", attribution_settings.PosterPicture.as_view(), name="poster_picture"),
    path("attribution/log/", attribution_settings.ConflictLog.as_view(), name="conflicts"),
    path("agents-file/<int:agent_id>/sensitive/", sensitive.SensitivePage.as_view(), name="sensitive"),
    path("agents-file/<int:agent_id>/documents/<int:document_id>/", downloads.Document.as_view(), name="document"),
    path("posters/<int:link_id>.png", downloads.Poster.as_view(), name="poster"),
    path("certificates/<int:certificate_id>.pdf", downloads.CertificatePdf.as_view(), name="certificate_pdf"),
    path("review/", review.ReviewPage.as_view(http_method_names=["get", "head"]), name="review"),
    path("review/<int:application_id>/", review.ReviewPage.as_view(), name="review_one"),
    path("review/<int:application_id>/proofs/<int:proof_id>/", downloads.Proof.as_view(), name="proof"),
]
