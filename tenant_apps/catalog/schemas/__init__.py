"""What goes over the wire about the catalogue."""
