"""A stand-in for 快递鸟: electronic waybills and tracks."""
