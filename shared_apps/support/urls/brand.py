"""Addresses of support on a brand's host, below /console/."""

from django.urls import path

from shared_apps.support.views import access, tickets

app_name = "support"
urlpatterns = [
    path("support/", tickets.SupportPage.as_view(), name="home"),
    path("support/tickets/new/", tickets.NewTicketPage.as_view(), name="ticket_new"),
    path("support/tickets/<str:number>/", tickets.TicketPage.as_view(), name="ticket"),
    path("support/files/<int:file_id>/", tickets.TicketFilePage.as_view(), name="ticket_file"),
    path("support/access/", access.AccessPage.as_view(), name="access"),
    path("support/access/<int:grant_id>/", access.AccessLogPage.as_view(), name="access_log"),
    path("support/access/<int:grant_id>/end/", access.EndAccess.as_view(), name="access_end"),
    path("support/enter/", access.enter, name="enter"),
    path("support/leave/", access.leave, name="leave"),
]
