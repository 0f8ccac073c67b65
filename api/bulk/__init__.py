"""Uploads of many rows over plain HTTP, and the jobs that take them in."""
