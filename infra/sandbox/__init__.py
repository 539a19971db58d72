"""Stand-ins for other companies' servers, for development and tests."""
