"""The floor of every app: money, time, errors, states, numbers, audit."""
