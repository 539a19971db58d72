"""Pages of prices that are neither a list nor a form of a model."""
