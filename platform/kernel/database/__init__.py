"""The database backend: every statement carries the one schema it may touch.

`ENGINE = "kernel.database"` is what requests and tasks use, with or without a transaction pooler in between.
`ENGINE = "kernel.database.direct"` is for migrations: it talks to the database itself, never through a pooler.

Why not django-tenants' backend: it sets the search path for the session. Behind a transaction pooler the statement that
follows may run in another session, with the path of another brand; measured, that read and wrote foreign rows by the
thousand. Here the path travels in the same message as the statement and ends with its transaction.
"""
