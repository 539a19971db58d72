"""What can be done to brands, one file per use case."""
