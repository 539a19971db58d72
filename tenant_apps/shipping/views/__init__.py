"""Pages of shipping in the console."""
