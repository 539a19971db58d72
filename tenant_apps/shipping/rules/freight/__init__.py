"""Compute freight by templates. Pure: no database, no clock."""
