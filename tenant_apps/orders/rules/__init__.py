"""What an order is made of and what it costs, without the database."""
