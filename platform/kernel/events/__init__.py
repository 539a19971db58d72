"""Publish events through the outbox, and run background work."""
