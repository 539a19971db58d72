"""People, sessions, roles and API keys."""
