"""What changes agents, their levels and their tree: one module for each use."""
