"""Work over the population, for the command line; loaded only by the command that does it."""
