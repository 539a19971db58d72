"""What was asked for, paid, shipped and returned; channels and imports."""
