"""How agents come and go: applications, review, consent texts, team import, termination, anonymisation."""
