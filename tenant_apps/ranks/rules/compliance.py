"""Marks at which a network draws a prosecutor's look."""

# 立案追诉标准 (二) art. 78: organising 30 persons in 3 tiers is what a prosecutor looks at first.
CRIMINAL_PERSONS = 30


CRIMINAL_TIERS = 3
