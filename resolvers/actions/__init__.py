"""Actions at partners: what is done about one as it stands, and doing it exactly once or at most once."""
