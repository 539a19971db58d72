"""Pages of the console about attribution; mounted under `/console/`."""

from django.urls import path

from tenant_apps.attribution.views import posters, settings

app_name = "attribution"

urlpatterns = [
    path("attribution/", settings.PolicyPage.as_view(), name="policy"),
    path("attribution/picture/", settings.PosterPicture.as_view(), name="poster_picture"),
    path("attribution/log/", settings.ConflictLog.as_view(), name="conflicts"),
    path("posters/<int:link_id>.png", posters.Poster.as_view(), name="poster"),
]
