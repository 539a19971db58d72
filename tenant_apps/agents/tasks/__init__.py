"""Background work of the agents. Celery imports this package, and by it every file with tasks."""

from tenant_apps.agents.tasks import attribution, contracts, levels

__all__ = ["attribution", "contracts", "levels"]
