"""Apps that live in each brand's own schema."""
