"""Who comes to which customer, as objects of the graph: books, verified callers, emergency access."""
