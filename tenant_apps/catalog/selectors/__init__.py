"""Reads of the catalogue, a module per resource."""
