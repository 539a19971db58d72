"""Agents' commission: plans, accruals, settlement, payouts."""
