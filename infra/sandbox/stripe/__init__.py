"""A stand-in for Stripe that speaks its HTTP API, for machines without a Stripe account."""
