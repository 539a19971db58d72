"""Pages for signing in, two-step sign-in, and forgotten passwords."""
