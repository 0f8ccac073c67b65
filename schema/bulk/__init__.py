"""Rows of uploads, checked by the same code as the mutations; and their jobs on the graph."""
