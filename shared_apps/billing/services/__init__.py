"""The writes of billing, one file per use case."""
