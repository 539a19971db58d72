"""Orders: placed, paid, shipped, returned; channels and imports."""
