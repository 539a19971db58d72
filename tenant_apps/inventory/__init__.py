"""Where the goods are: warehouses, stock, reservations, movements."""
