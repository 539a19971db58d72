"""What a thing costs for whom: price lists per agent level."""
