"""Pages of the console about recruiting; mounted under `/console/`."""

from django.urls import path
from django.views.generic import RedirectView

from tenant_apps.recruiting.views import proofs, registration, review, settings

app_name = "recruiting"

urlpatterns = [
    path("team/import/", RedirectView.as_view(url="/console/imports/new/team/"), name="team_import"),
    path("recruiting/register/", registration.RegistrationPage.as_view(), name="register"),
    path("recruiting/", settings.RecruitingSettings.as_view(), name="settings"),
    path("recruiting/consent/", settings.ConsentPage.as_view(), name="consent"),
    path("review/", review.ReviewPage.as_view(http_method_names=["get", "head"]), name="review"),
    path("review/<int:application_id>/", review.ReviewPage.as_view(), name="review_one"),
    path("review/<int:application_id>/proofs/<int:proof_id>/", proofs.Proof.as_view(), name="proof"),
]
