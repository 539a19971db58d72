"""Reads over everything: figures of the dashboard."""
