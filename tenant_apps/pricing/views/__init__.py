"""Console pages of prices."""
