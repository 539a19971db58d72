"""Money as such: the double-entry ledger, accounts and statements."""
