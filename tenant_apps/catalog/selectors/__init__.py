"""What others may ask the catalogue."""
