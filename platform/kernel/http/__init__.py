"""HTTP for all apps: schemas, problems, pages, permissions, middleware, health."""
