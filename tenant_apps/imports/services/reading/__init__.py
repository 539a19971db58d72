"""Reading tables: files to rows, headings to columns, cells to values."""
