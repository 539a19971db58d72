"""Read models and dashboards over everything a brand does."""
