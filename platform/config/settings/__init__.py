"""Settings by environment: local, test, production. Each integration has a file of its own in `parts/`."""
