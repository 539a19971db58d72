"""Addresses of support on the platform's host and on a brand's."""
