"""API schemas of orders."""
