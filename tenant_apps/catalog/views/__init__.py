"""Pages of the catalogue that are neither a list nor a form of a model."""
