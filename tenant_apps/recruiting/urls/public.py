"""Public pages on which people apply, mounted at the root of a brand's host."""

from django.urls import path

from tenant_apps.recruiting.views import joining

app_name = "recruiting_public"

urlpatterns = [
    path("join/", joining.JoinPage.as_view(), name="join"),
    path("join/<str:code>/", joining.JoinPage.as_view(), name="join_by"),
    path("join/status/<str:number>/<str:secret>/", joining.ApplicationPage.as_view(), name="application"),
    path("join/status/<str:number>/<str:secret>/proofs/<int:proof_id>/", joining.own_proof, name="own_proof"),
]
