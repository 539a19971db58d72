"""Addresses of the accounts' pages: those of both consoles, and those of an agent on a brand's host."""
