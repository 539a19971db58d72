"""Protect personal data: encryption, masking, redaction, logs, error reports."""
