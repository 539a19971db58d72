"""Read shipping."""
