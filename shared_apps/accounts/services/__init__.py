"""Writes of accounts: people, keys, passwords, sign-in, two-step sign-in."""
