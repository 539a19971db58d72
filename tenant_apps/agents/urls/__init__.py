"""Addresses of the agents: pages of the console, and pages for everybody."""
