"""Importers, their jobs, and the worker that runs them."""
