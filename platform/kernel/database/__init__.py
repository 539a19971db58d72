"""The database backend: `kernel.database` for requests and tasks, `kernel.database.direct` for migrations."""
