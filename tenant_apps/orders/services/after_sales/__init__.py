"""After-sales: asked for, decided, goods back, settled."""
