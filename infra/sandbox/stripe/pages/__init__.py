"""The pages that a paying customer sees: pay page, portal, invoices, receipts."""
