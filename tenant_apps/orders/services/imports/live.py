"""Placing the orders of a file by the ordinary services."""
