"""Features, rates and limits that a brand's plan includes, and how much of each is used."""
