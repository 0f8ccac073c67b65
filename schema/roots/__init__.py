"""The root fields of the graph: what each looks up, and what it answers once all is gathered."""
