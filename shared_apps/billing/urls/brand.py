"""Addresses of billing on a brand's host, below /console/."""

from django.urls import path

from shared_apps.billing.views import cancelling, choosing, closing, domains, exporting, papers, plan, returning

app_name = "billing"
urlpatterns = [
    path("billing/", plan.PlanPage.as_view(), name="plan"),
    path("billing/plans/", choosing.PlansPage.as_view(), name="plans"),
    path("billing/plans/undo/", choosing.UndoChange.as_view(), name="undo_change"),
    path("billing/plans/<slug:code>/<slug:interval>/", choosing.PreviewPage.as_view(), name="preview"),
    path("billing/checkout/", choosing.StartCheckout.as_view(), name="checkout"),
    path("billing/portal/", choosing.OpenPortal.as_view(), name="portal"),
    path("billing/resume/", choosing.Resume.as_view(), name="resume"),
    path("billing/invoices/<int:invoice_id>/", papers.InvoicePage.as_view(), name="invoice_page"),
    path("billing/invoices/<int:invoice_id>/pdf/", papers.InvoicePdf.as_view(), name="invoice_pdf"),
    path("billing/paid/", returning.Paid.as_view(), name="paid"),
    path("billing/not-paid/", returning.NotPaid.as_view(), name="not_paid"),
    path("billing/cancel/", cancelling.CancelPage.as_view(), name="cancel"),
    path("billing/cancel/undo/", cancelling.UndoCancel.as_view(), name="undo_cancel"),
    path("billing/export/", exporting.ExportsPage.as_view(), name="exports"),
    path("billing/export/<int:export_id>/download/", exporting.DownloadExport.as_view(), name="download_export"),
    path("billing/close/", closing.ClosePage.as_view(), name="close"),
    path("billing/close/undo/", closing.Reopen.as_view(), name="reopen"),
    path("billing/domains/", domains.DomainsPage.as_view(), name="domains"),
    path("billing/domains/<int:claim_id>/check/", domains.CheckDomain.as_view(), name="check_domain"),
    path("billing/domains/<int:claim_id>/remove/", domains.RemoveDomain.as_view(), name="remove_domain"),
]
