"""Pages of insights: the brand's dashboard, and lists over several apps."""
