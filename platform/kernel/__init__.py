"""The floor: what every app stands on and no business rule lives in."""
