"""The catalogue as a workbook with one row per SKU, for export and import."""
