"""What people may ask of their data, as the graph shows it."""
