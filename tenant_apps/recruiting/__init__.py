"""Applications, review, consent texts, team import, hand-over, termination, anonymisation."""
