"""Schemas of what goes over the wire."""
