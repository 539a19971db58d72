"""The reads of billing, one file per matter."""
