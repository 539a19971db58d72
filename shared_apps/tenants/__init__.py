"""Which brands there are: sign-up, domains, schemas and their migrations."""
