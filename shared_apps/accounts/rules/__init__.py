"""Pure rules of the accounts: permissions, sign-in names, keys and codes."""
