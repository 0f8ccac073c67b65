"""What people may ask of their data: to be told it, to have it forgotten, and kept no longer than agreed."""
