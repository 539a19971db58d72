"""Counting against a plan's limits, and refusals of what it does not include."""
