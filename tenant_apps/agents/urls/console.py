"""The agents' pages of the brand's console; mounted under `/console/`."""

from django.urls import path

from tenant_apps.agents.views import downloads, review, team

app_name = "network"

urlpatterns = [
    path("team/", team.TeamPage.as_view(), name="team"),
    path("team/roots/", team.TeamBranch.as_view(), name="team_roots"),
    path("team/<int:agent_id>/", team.TeamBranch.as_view(), name="team_branch"),
    path("certificates/<int:certificate_id>.pdf", downloads.CertificatePdf.as_view(), name="certificate_pdf"),
    path("review/", review.ReviewPage.as_view(http_method_names=["get", "head"]), name="review"),
    path("review/<int:application_id>/", review.ReviewPage.as_view(), name="review_one"),
    path("review/<int:application_id>/proofs/<int:proof_id>/", downloads.Proof.as_view(), name="proof"),
]
