"""API schemas of the catalogue."""
