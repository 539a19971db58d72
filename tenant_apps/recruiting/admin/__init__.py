"""Applications and the acts by which agents leave, in the brand's console."""

from tenant_apps.recruiting.admin import applications

__all__ = ["applications"]
