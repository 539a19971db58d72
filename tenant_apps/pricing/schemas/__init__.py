"""What goes over the wire about prices, a module for each theme."""
