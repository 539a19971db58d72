"""What changes prices, a module for each kind of rule."""
