"""Writes of the catalogue, a module per use case."""
