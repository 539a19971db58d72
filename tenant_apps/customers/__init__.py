"""Who buys: profiles and addresses."""
