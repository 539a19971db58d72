"""Pages of support on both hosts."""
