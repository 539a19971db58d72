"""The writes of support, one file per use case."""
