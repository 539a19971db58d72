"""Formats of dates and numbers, where they differ from Django's own choice for the language."""
