"""Whose customer somebody is: links, codes, posters, touchpoints, bindings, the policy."""
