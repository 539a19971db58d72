"""Public pages of a brand, mounted at the root of its host."""

from django.urls import path, re_path

from tenant_apps.agents.views import joining, referral, verifying

app_name = "agents_public"

urlpatterns = [
    path("join/", joining.JoinPage.as_view(), name="join"),
    path("join/<str:code>/", joining.JoinPage.as_view(), name="join_by"),
    path("join/status/<str:number>/<str:secret>/", joining.ApplicationPage.as_view(), name="application"),
    path("join/status/<str:number>/<str:secret>/proofs/<int:proof_id>/", joining.own_proof, name="own_proof"),
    path("verify/", verifying.verify, name="verify"),
    # With and without the final slash: a redirect more would be counted, or kept by a browser, for nothing.
    re_path(r"^r/(?P<code>[A-Za-z0-9]{1,32})/?$", referral.open_link, name="referral"),
]
