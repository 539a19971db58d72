"""The address of agents' links, mounted at the root of a brand's host."""

from django.urls import re_path

from tenant_apps.attribution.views import referral

app_name = "attribution_public"

urlpatterns = [
    # With and without the final slash: a redirect more would be counted, or kept by a browser, for nothing.
    re_path(r"^r/(?P<code>[A-Za-z0-9]{1,32})/?$", referral.open_link, name="referral"),
    re_path(r"^r/(?P<code>[A-Za-z0-9]{1,32})/card/$", referral.show_card, name="card"),
]
