"""API schemas of shipping."""
