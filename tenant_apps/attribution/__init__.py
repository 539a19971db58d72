"""Links, codes, posters, touchpoints, bindings and the policy: the agent a customer belongs to."""
