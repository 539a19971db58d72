"""Writes of prices, a module for each kind of rule."""
