"""Carry facts upwards through the outbox, and run background work."""
