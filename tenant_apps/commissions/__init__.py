"""What agents earn: plans, accruals, releases, payouts."""
