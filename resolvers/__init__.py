"""How fields get their values: pure functions over gathered records, and the needs they declare."""
