"""Repositories: every query of the project. None of them commits; that is the unit of work's."""
