"""Plans and what they allow, subscriptions and payments, and with them the life of a brand as a customer."""
