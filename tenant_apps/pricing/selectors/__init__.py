"""Reads of prices, a module for each question."""
