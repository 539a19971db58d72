"""Read pasted chat texts: receivers, addresses, goods, remarks. Pure: no database, no clock."""
