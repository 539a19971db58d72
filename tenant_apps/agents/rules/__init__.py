"""Rules of the agents, without a database."""
