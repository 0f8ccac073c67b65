"""Rows of uploads, read from their bytes."""
