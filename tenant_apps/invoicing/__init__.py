"""VAT documents: invoices and their red reversals."""
