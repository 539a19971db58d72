"""Pages of orders that are neither a list nor one order."""
