"""Money, time, errors, states, numbers, audit."""
