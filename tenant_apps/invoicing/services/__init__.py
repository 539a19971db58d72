"""Writes of invoicing, one module per use case."""
