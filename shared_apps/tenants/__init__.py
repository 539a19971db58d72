"""Brands: sign-up, domains, schemas and their migrations, exports, archives."""
