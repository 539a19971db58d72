"""Pure rules of orders: lines, prices, parts, refunds."""
