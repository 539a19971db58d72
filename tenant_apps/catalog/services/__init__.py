"""What changes the catalogue, a module per use case."""
