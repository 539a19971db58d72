"""Tell which brand, person and request the present work belongs to."""
