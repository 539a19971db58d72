"""Pure rules of billing, one file per matter."""
