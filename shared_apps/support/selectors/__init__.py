"""The reads of support, one file per matter."""
