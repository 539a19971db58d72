"""How dates and numbers are written, where it differs from Django's own choice for the language."""
