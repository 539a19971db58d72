"""The agents' pages of the brand's console; mounted under `/console/`."""

from django.urls import path

from tenant_apps.agents.views import downloads, ending, sensitive

app_name = "agents"

urlpatterns = [
    path("team/ending/", ending.EndingPage.as_view(), name="ending"),
    path("agents-file/<int:agent_id>/sensitive/", sensitive.SensitivePage.as_view(), name="sensitive"),
    path("agents-file/<int:agent_id>/documents/<int:document_id>/", downloads.Document.as_view(), name="document"),
    path("certificates/<int:certificate_id>.pdf", downloads.CertificatePdf.as_view(), name="certificate_pdf"),
]
