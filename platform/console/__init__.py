"""The UI kit both consoles share: sites, base classes of their pages, templates, static files."""
