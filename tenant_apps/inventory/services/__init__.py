"""Change stock: reserve, ship, receive, correct, open."""
