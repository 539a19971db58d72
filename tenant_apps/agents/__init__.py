"""Who sells: levels, the tree and its history, referral codes, attribution."""
