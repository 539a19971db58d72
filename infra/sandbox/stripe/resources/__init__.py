"""The operations of each kind of object, and what belongs to them."""
