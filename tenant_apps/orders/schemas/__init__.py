"""What goes over the wire about orders."""
