"""Webhooks: events that the hub delivers to integrators, and calls that partners make to the hub."""
