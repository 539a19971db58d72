"""Apps that live in the public schema (accounts also in every brand's schema)."""
