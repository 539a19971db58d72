"""Categories, products, variants (SKU), media, tax code and shelf state."""
