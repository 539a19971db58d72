"""Local Postgres and Valkey from wheels, and the supervisor behind `make run`; blind to Django."""
