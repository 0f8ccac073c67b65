"""SQLAlchemy models and repositories: the only place with queries."""
