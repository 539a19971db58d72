"""Pages of shipping, below /console/."""

from django.urls import path

from tenant_apps.shipping.views import freight, jobs, settings
from tenant_apps.shipping.views.pushes import push_of_kdniao

app_name = "shipping"

# Carriers send there, on the brand's host.
pushes = [path("kdniao/", push_of_kdniao, name="push_of_kdniao")]

urlpatterns = [
    path("shipping/rules/", settings.RulesPage.as_view(), name="rules"),
    path("shipping/carriers/", settings.CarriersPage.as_view(), name="carriers"),
    path("shipping/label-template/", settings.TemplatePage.as_view(), name="template"),
    path("shipping/label-template/preview/", settings.TemplatePreview.as_view(), name="template_preview"),
    path("shipping/waybill-account/", settings.AccountPage.as_view(), name="account"),
    path("shipping/jobs/<int:job_id>/", jobs.JobPage.as_view(), name="job"),
    path("shipping/jobs/<int:job_id>/file/", jobs.JobFile.as_view(), name="job_file"),
    path("freight/", freight.FreightPage.as_view(), name="freight"),
    path("freight/new/", freight.FreightEditor.as_view(), name="freight_new"),
    path("freight/settings/", freight.FreightSettingsPage.as_view(), name="freight_settings"),
    path("freight/<int:template_id>/", freight.FreightEditor.as_view(), name="freight_edit"),
    path("freight/<int:template_id>/delete/", freight.DeleteFreight.as_view(), name="freight_delete"),
]
