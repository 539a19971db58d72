"""Levels by results: rules, evaluation, proposals, results by period, compliance."""
