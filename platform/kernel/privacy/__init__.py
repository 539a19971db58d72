"""Keep personal data out of sight: encryption, masking, redaction, logs, error reports."""
