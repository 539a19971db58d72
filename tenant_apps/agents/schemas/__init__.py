"""Schemas of the agents' API."""
