"""One file per integration; `base` puts them together."""
