"""Addresses of support on the platform's own host, below /console/."""

from django.urls import path

from shared_apps.support.views import business, fleet, follow_ups, staff_grants, staff_tickets

app_name = "support"
urlpatterns = [
    path("business/", business.BusinessPage.as_view(), name="business"),
    path("business/business.csv", business.BusinessFile.as_view(), name="business_file"),
    path("fleet/", fleet.FleetPage.as_view(), name="fleet"),
    path("support/tickets/<str:number>/", staff_tickets.StaffTicketPage.as_view(), name="ticket"),
    path("support/files/<int:file_id>/", staff_tickets.StaffTicketFilePage.as_view(), name="ticket_file"),
    path("support/sessions/<int:grant_id>/", staff_grants.SupportSessionPage.as_view(), name="session"),
    path("support/follow-ups/", follow_ups.FollowUpsPage.as_view(), name="follow_ups"),
]
