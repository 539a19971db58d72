"""The base layer that all apps use; holds no business rules."""
