"""Prices: per level, agreed with one agent, discounts, lots, planned changes."""
