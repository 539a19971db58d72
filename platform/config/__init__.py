"""The roof: settings, addresses, the two APIs, Celery."""
