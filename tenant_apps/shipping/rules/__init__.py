"""Pure rules of shipping: reading pasted texts, computing freight."""
