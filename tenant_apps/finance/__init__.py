"""The double-entry ledger, its accounts and statements. It knows money and a source, never reasons."""
