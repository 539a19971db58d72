"""Customers: profiles, addresses, and how they are found."""
