"""What the agents' API takes and gives."""
