"""The backend for migrations, straight to the database: `ENGINE = "kernel.database.direct"`."""
