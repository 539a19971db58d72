"""Warehouses, stock, reservations and movements."""
