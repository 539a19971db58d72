"""Addresses of billing on the platform's host and on a brand's."""
