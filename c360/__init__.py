"""c360: the connector SDK of the customer-360 graph. What is not importable from below here is private."""
