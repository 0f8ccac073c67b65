"""Summaries: what the hub keeps of each customer's behaviour, so that no request reads three years of it."""
