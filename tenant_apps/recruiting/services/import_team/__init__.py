"""Import existing teams: check rows against each other and the agents, write them at once, take them away."""
