"""The agents in the brand's console: one module per theme, loaded here so that each registers its pages."""

from tenant_apps.agents.admin import agent_page, groups, levels

__all__ = ["agent_page", "groups", "levels"]
