"""Writes of the accounts: people, keys, passwords, sign-in, the second step."""
