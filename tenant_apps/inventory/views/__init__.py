"""Pages of inventory that are neither a list nor one object."""
