"""Import orders from files: read, map, validate, commit."""
