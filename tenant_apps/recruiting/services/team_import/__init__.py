"""Existing teams from a workbook: read, checked row by row, written in one transaction, undone while unused."""
