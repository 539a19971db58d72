"""The floor of everything that answers over HTTP: shapes, problems, pages, permissions, middleware, health."""
