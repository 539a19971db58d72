"""Pages and doors of billing: the brand's own billing pages, the public price list, Stripe's webhook."""
