"""Who is who, as the graph shows it: evidence, the ledger, reviews, households and the past."""
