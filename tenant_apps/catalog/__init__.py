"""What is sold: categories, products, variants (SKU), tax code and shelf state."""
