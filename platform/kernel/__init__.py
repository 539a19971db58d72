"""The floor: everything that apps stand on and that holds no business rule."""
