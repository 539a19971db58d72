"""Parts that every stand-in shares: server, clock, store, signing, webhooks, faults, journal, control."""
