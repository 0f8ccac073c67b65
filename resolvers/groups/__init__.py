"""What each domain's records add up to: pure functions with their needs."""
