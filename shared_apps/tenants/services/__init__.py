"""Writes of brands, one module per use case."""
