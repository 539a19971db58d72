"""API schemas of prices, a module for each theme."""
