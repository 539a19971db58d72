"""The catalogue as a workbook: a row per SKU, written by the export and read again by the import."""
