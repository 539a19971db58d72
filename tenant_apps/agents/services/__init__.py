"""Writes of agents, their levels and their tree: one module for each use."""
