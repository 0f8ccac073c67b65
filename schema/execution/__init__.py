"""Plan, gather, answer: how an operation is executed."""
