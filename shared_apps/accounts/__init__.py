"""Who may come in: people, sessions, roles, API keys."""
