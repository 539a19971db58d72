"""Writing orders: one module per use case."""
