"""Writes of orders: one module per use case."""
