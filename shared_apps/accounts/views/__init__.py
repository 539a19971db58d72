"""Pages for signing in, the second step, and forgotten passwords."""
