"""Kills the hub's processes under load, and counts afterwards what was lost and what happened twice."""
