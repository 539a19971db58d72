"""Pages of imports, mounted under `/console/`."""

from django.urls import path

from tenant_apps.imports import views

app_name = "imports"

urlpatterns = [
    path("imports/new/", views.KindsPage.as_view(), name="kinds"),
    path("imports/new/<slug:kind>/", views.UploadPage.as_view(), name="upload"),
    path("imports/new/<slug:kind>/template.xlsx", views.TemplateDownload.as_view(), name="template"),
    path("imports/<int:job_id>/", views.JobPage.as_view(), name="job"),
    path("imports/<int:job_id>/status/", views.JobStatus.as_view(), name="status"),
    path("imports/<int:job_id>/issues.csv", views.JobIssues.as_view(), name="issues"),
]
