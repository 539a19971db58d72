"""Services of shipping."""
