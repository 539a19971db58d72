"""Agents, levels, the sponsor tree and its history, terms, documents, groups, certificates."""
