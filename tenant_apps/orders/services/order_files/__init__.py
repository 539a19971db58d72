"""Orders from files: reading, mapping, judging each line, and committing what is good."""
