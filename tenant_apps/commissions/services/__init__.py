"""Writes of commissions, one module per use case."""
