"""Pages of the agents: the public ones of the brand, one module for each matter."""
