"""Staff's work for brands: support sessions by consent, tickets, announcements, advice, and figures."""
