"""Orders in the brand console."""
