"""What staff does for brands: visits by consent, tickets, announcements, advice, and the figures it looks at."""
