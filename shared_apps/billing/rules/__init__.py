"""What billing computes without a database, one file per matter."""
