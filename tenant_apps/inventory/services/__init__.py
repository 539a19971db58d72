"""Writes of inventory."""
