"""What others may ask about prices, a module for each question."""
