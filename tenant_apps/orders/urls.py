"""Console pages of orders, below `/console/`."""

from django.urls import path

from tenant_apps.orders import views

app_name = "orders"

urlpatterns = [
    path("imports/new/", views.ImportUploadPage.as_view(), name="import_upload"),
    path("imports/<int:job_id>/", views.ImportJobPage.as_view(), name="import_job"),
    path("imports/<int:job_id>/status/", views.ImportStatus.as_view(), name="import_status"),
    path("imports/<int:job_id>/issues.csv", views.ImportIssues.as_view(), name="import_issues"),
]
