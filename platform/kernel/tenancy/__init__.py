"""Context of the current work: brand, actor, origin."""
