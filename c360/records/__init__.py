"""Partner-facing records: each defined once, here, and nowhere again."""
